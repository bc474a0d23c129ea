"""VADER's compound score of each line of standard input: a peer of benchmarks/sentiment.py, in the peers' Python."""

import sys

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

if __name__ == "__main__":
    vader = SentimentIntensityAnalyzer()
    for line in sys.stdin.buffer.read().decode("utf-8").split("\n")[:-1]:
        print(vader.polarity_scores(line)["compound"])
