"""`make bench`: what tapctl costs, beside a plain boto3 script and a Terraform root of the same stack."""
