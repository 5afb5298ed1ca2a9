// Package hub writes to Security Hub what became of a finding: its workflow status and its note,
// both in one call, many findings at a time, or a note alone.
package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/note"
	"github.com/salve-security/salve/internal/plain"
)

const (
	perCall = 100 // identifiers AWS takes in one call
)

// API is what this package needs of a Security Hub client.
type API interface {
	BatchUpdateFindings(ctx context.Context, in *securityhub.BatchUpdateFindingsInput,
		opts ...func(*securityhub.Options)) (*securityhub.BatchUpdateFindingsOutput, error)
}

// Client updates findings in any Region.
type Client struct {
	in func(region string) API
}

// New returns a Client that asks the factory for the API of each Region it needs.
func New(factory func(region string) API) *Client {
	return &Client{in: factory}
}

// Apply writes the updates and returns, by finding, why those that are not written are not. A call of
// AWS has one status and one note, so updates travel together when they agree in Region, status and note.
// Of two updates of one finding the later one counts. The error joins all that is not a warning (note.ErrNotFound).
func (c *Client) Apply(ctx context.Context, updates []note.Update) (map[finding.Key]error, error) {
	failed := map[finding.Key]error{}
	var valid []note.Update
	for _, update := range updates {
		if err := check(update); err != nil {
			failed[update.Key] = err
			continue
		}
		valid = append(valid, update)
	}
	refused := map[place]error{}
	for _, g := range groups(valid) {
		for f, err := range c.write(ctx, g) {
			refused[place{f, g.region}] = err
		}
	}
	for _, update := range valid {
		if err := refused[placeOf(update)]; err != nil {
			failed[update.Key] = err
		}
	}
	return failed, problems(updates, failed)
}

// check refuses what would lose half of the message or fail the call for all the others in it.
func check(u note.Update) error {
	switch {
	case u.API != finding.ASFF:
		return fault.New(fault.Invalid, "update of finding %q: only those of the API %q are written, not of %q",
			u.ID, finding.ASFF, u.API)
	case u.ID == "" || u.ProductArn == "" || u.Region == "":
		return fault.New(fault.Invalid, "update of finding %q: id, product ARN and Region must be set", u.ID)
	case !slices.Contains([]note.Workflow{note.Kept, note.New, note.Notified, note.Resolved}, u.Status):
		return fault.New(fault.Invalid, "update of finding %s: %q is no status Salve writes", u.ID, u.Status)
	case plain.Line(u.Note) == "" || plain.Length(u.Note) > note.Limit:
		return fault.New(fault.Invalid, "update of finding %s: the note must have 1 to %d characters", u.ID, note.Limit)
	}
	return nil
}

// problems joins the errors in the order of the updates, each finding once.
func problems(updates []note.Update, failed map[finding.Key]error) error {
	var errs []error
	said := map[finding.Key]bool{}
	for _, update := range updates {
		err := failed[update.Key]
		if err == nil || said[update.Key] || errors.Is(err, note.ErrNotFound) {
			continue
		}
		said[update.Key] = true
		errs = append(errs, fmt.Errorf("update finding %s: %w", update.ID, err))
	}
	return errors.Join(errs...)
}
