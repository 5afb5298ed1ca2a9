// Package hub writes to Security Hub what became of a finding: its workflow status and its note, always
// both in one call, many findings at a time.
package hub

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

const (
	perCall = 100 // identifiers AWS takes in one call
	maxNote = 512 // characters AWS takes in a note
)

// ErrNotFound means that the finding is no longer there. It is a warning: nothing is left to tell.
var ErrNotFound = errors.New("the finding is no longer in Security Hub")

// API is what this package needs of a Security Hub client.
type API interface {
	BatchUpdateFindings(ctx context.Context, in *securityhub.BatchUpdateFindingsInput,
		opts ...func(*securityhub.Options)) (*securityhub.BatchUpdateFindingsOutput, error)
}

// Update is what one finding is to say.
type Update struct {
	ID         string
	ProductArn string
	Region     string // of the Security Hub that sent the event; a call affects the Region it goes to
	Status     types.WorkflowStatus
	Note       string
}

// Client updates findings in any Region.
type Client struct {
	in func(region string) API
}

// New returns a Client that asks the factory for the API of each Region it needs.
func New(factory func(region string) API) *Client {
	return &Client{in: factory}
}

// Apply writes the updates and returns, by finding id, why those that are not written are not. A call of
// AWS has one status and one note, so updates travel together when they agree in Region, status and note.
// Of two updates of one finding the later one counts. The error joins all that is not a warning (ErrNotFound).
func (c *Client) Apply(ctx context.Context, updates []Update) (map[string]error, error) {
	failed := map[string]error{}
	var valid []Update
	for _, update := range updates {
		if err := update.check(); err != nil {
			failed[update.ID] = err
			continue
		}
		valid = append(valid, update)
	}
	for _, g := range groups(valid) {
		for finding, err := range c.write(ctx, g) {
			failed[finding.id] = err
		}
	}
	return failed, problems(updates, failed)
}

// check refuses what would lose half of the message or fail the call for all the others in it.
func (u Update) check() error {
	switch {
	case u.ID == "" || u.ProductArn == "" || u.Region == "":
		return fault.New(fault.Invalid, "update of finding %q: id, product ARN and Region must be set", u.ID)
	case u.Status != types.WorkflowStatusNew && u.Status != types.WorkflowStatusNotified &&
		u.Status != types.WorkflowStatusResolved:
		return fault.New(fault.Invalid, "update of finding %s: %q is no status Salve writes", u.ID, u.Status)
	case plain.Line(u.Note) == "" || plain.Length(u.Note) > maxNote:
		return fault.New(fault.Invalid, "update of finding %s: the note must have 1 to %d characters", u.ID, maxNote)
	}
	return nil
}

// problems joins the errors in the order of the updates, each finding once.
func problems(updates []Update, failed map[string]error) error {
	var errs []error
	said := map[string]bool{}
	for _, update := range updates {
		err := failed[update.ID]
		if err == nil || said[update.ID] || errors.Is(err, ErrNotFound) {
			continue
		}
		said[update.ID] = true
		errs = append(errs, fmt.Errorf("update finding %s: %w", update.ID, err))
	}
	return errors.Join(errs...)
}
