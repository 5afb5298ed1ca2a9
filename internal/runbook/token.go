package runbook

import "github.com/google/uuid"

// Token is what makes several starts for one run one start: AWS starts nothing again for a token it knows. It wants
// a UUID, so the run's id is hashed into one.
// Source: Systems Manager API reference, StartAutomationExecution, ClientToken.
func Token(run string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("salve:run:"+run)).String()
}
