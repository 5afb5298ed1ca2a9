package main

import (
	"errors"

	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/run"
)

// destroyCmd takes Salve away.
type destroyCmd struct {
	deployFlags
	memberFlags
	unitFlags
	OnlyMembers          bool `help:"Only the members; the hub stays."`
	DespiteOpenRuns      bool `help:"Also while runs wait or are at work; what they changed stays, and cannot be undone."`
	DespiteUnseenMembers bool `help:"Also while nobody can see whether a StackSet has members; they stay."`
}

// Run shows all that is deleted and, with --yes, deletes it: members first, then the hub, then its bucket.
func (c *destroyCmd) Run(a *app) error {
	d, err := a.deployer(c.deployFlags)
	if err != nil {
		return err
	}
	if err := d.atRest(c.DespiteOpenRuns); err != nil {
		return err
	}
	notes := []string{
		"What Salve fixed stays as it is, and so do its notes on findings.",
		"Members that are not named here keep their stacks: name them with --account.",
	}
	if !c.OnlyMembers {
		note, err := d.place.Attached(a.ctx, iam.NewFromConfig(d.own))
		if err != nil {
			return err
		}
		notes = noted(notes, note)
	}
	if c.Account, err = d.withManagement(c.Account, c.unitFlags); err != nil {
		return err
	}
	m, err := d.leavers(c.memberFlags)
	if err != nil {
		return err
	}
	if !c.OnlyMembers && !d.named && !m.Hub.Exists() {
		notes = append(
			notes,
			"The hub's stack is gone: where its program was in a bucket that you named, name it again with "+
				"--bucket.",
		)
	}
	parts := m.Leave()
	u := d.units(m, unitFlags{Tolerance: c.Tolerance, Concurrent: c.Concurrent})
	there, note, err := u.Left(a.ctx, c.OnlyMembers || c.DespiteUnseenMembers)
	if err != nil {
		return err
	}
	if there {
		parts = append(rollout.Parts{u.Leave()}, parts...)
	}
	notes = noted(notes, note)
	if !c.OnlyMembers {
		parts = append(parts, d.wished(deploy.Hub(), nil).Leave()...)
	}
	return d.roll(rollout.Until(parts), c.Yes, notes)
}

// noted adds a note, if there is something to say.
func noted(notes []string, note string) []string {
	if note == "" {
		return notes
	}
	return append(notes, note)
}

// mostNamed is how many runs a refusal names.
const mostNamed = 3

// atRest refuses while runs are open.
func (d *deployer) atRest(despite bool) error {
	if despite {
		return nil
	}
	page, err := d.ledger().Waiting(d.a.ctx, run.Query{Limit: mostNamed})
	var none *ddb.ResourceNotFoundException
	if errors.As(err, &none) { // of an earlier removal that did not come to its end
		return nil
	}
	if err != nil {
		return err
	}
	if len(page.Runs) == 0 && len(page.Skipped) == 0 {
		return nil
	}
	ids := ""
	for _, r := range page.Runs {
		ids += " " + r.ID
	}
	return fault.New(fault.Refused, "runs are open (such as%s), and their undo would be gone: let them end, see salve "+
		"history --open, or say --despite-open-runs", ids)
}
