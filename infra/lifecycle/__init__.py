"""The life of a cluster: platforms, up, attach, the health gate, extra workers, down."""
