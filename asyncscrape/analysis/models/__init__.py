"""Predicting a number of tracks, such as their popularity, and saying how far the prediction can be trusted.

Samples ─► tasks (a split, a set of columns) ─► each is fitted and tested on unseen groups ─► figures and predictions
"""
