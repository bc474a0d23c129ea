"""The page `model.html`: how well plays and moods can be told beforehand, how sure that is, and what it rests on."""
