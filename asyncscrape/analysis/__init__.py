"""What is made of a job's stored tables: cleaned copies, counts of what is odd in them, pictures and pages."""
