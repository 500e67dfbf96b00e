"""What is checked before anything is made: quotas, names, the account. Reads only; each question is asked once."""
