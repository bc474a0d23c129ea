"""What `enrich` makes of the stored tables of the music job: `offered` names it all, each other module fills a table.

comments ─► comment_sentiment ─► track_sentiment ─┐
tracks + their audio files ─► audio_features ─────┤
artists, tracks, number of comments ──────────────┴─► track_predictions, prediction_figures   `predictions/`
"""
