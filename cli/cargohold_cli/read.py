"""Looking things up for commands: images by the beginning of their digest, and their documents."""

from api.analyses import StoredAnalysis
