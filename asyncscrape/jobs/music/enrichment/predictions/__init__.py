"""What is to be expected of each track, and how far that can be trusted.

tables ─► `track_facts`, a row for each track ─► `model_columns` ─► `model_samples`, a question for each target
       ─► `analysis/models` answers ─► `predicted_rows` ─► `track_predictions` stores them
"""
