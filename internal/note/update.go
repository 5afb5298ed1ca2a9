package note

import (
	"errors"
	"strings"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/plain"
)

// Workflow is a workflow status of Security Hub.
// Source: Security Hub API reference, WorkflowUpdate.
type Workflow string

// The workflow statuses that Salve sets; Kept leaves a finding the one it has.
const (
	Kept     Workflow = "KEPT"
	New      Workflow = "NEW"
	Notified Workflow = "NOTIFIED"
	Resolved Workflow = "RESOLVED"
)

// Limit is how many characters AWS takes in a note.
const Limit = 512

// Update is what one finding is to say.
type Update struct {
	finding.Key
	Region string // of the Security Hub that sent the event; a call affects the Region it goes to
	Status Workflow
	Note   string
	Echoes bool // the event that this causes looks like a failure: it must not start what nobody asked for
}

// ErrNotFound means that the finding is no longer there. It is a warning: nothing is left to tell.
var ErrNotFound = errors.New("the finding is no longer in Security Hub")

// Quotes tells that the note has the whole of what a person had written.
func (u Update) Quotes(words string) bool {
	return words == "" || strings.Contains(u.Note, quoted(plain.Line(words), Limit))
}
