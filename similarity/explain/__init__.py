"""Why a picture scores as it does: what changes when it is changed, and which part of it counts. Pure."""
