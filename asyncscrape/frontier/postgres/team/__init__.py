"""The workers of a job: who comes in, what each may take, what the dead leave, and who ends it."""
