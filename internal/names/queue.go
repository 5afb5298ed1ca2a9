package names

// EnvDeadQueueURL is where messages go that can never be handled.
const EnvDeadQueueURL = "SALVE_DLQ_URL"
