"""The job that page rules describe."""
