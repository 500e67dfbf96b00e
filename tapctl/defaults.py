"""What holds without a word of configuration, where importing the settings would take too long."""

REGIONS = ("us-east-1", "us-west-2")
ENVIRONMENTS = ("staging", "production")
