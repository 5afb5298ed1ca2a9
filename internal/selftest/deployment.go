package selftest

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
)

// Deployment is what of Salve a test needs: it makes what is missing and takes away what it made, by the parts of salve
// deploy and salve destroy.
type Deployment struct {
	Account string       // the sandbox
	Hub     *rollout.Hub // as it shall be; one in another account than the sandbox is used, and not made
	Driver  stack.Driver // of the sandbox
	// Members are the sandbox alone, seen from how the hub is now.
	Members func(ctx context.Context) (rollout.Members, error)
	// Works tells whether there is a hub that works, Role whether the sandbox has the role of members.
	Works, Role func(ctx context.Context) (bool, error)
	// Rest refuses while a hub that is to go has something to do, or to take back, that is no test's.
	Rest func(ctx context.Context, j Journal) error
}

// protection is the parameter that a test's hub has another value of than others.
const protection = "DeletionProtection"

// Parameters are those of a hub that a test makes. It can be deleted: one that cannot be any more is somebody's who
// wants to keep it.
func Parameters(operators, externalID string) map[string]string {
	all := map[string]string{protection: "false", "OperatorPrincipals": operators}
	if externalID != "" {
		all["ExternalId"] = externalID
	}
	return all
}

// missing is what is not there, together with what an earlier test has made.
func (d Deployment) missing(ctx context.Context, earlier Made) (Made, error) {
	made, err := d.still(ctx, earlier)
	if err != nil {
		return made, err
	}
	if !made.Hub {
		if made, err = d.noHub(ctx, made); err != nil {
			return made, err
		}
	}
	if made.Member {
		return made, nil
	}
	there, err := d.Role(ctx)
	if err != nil || there {
		return made, err
	}
	s, err := d.Driver.Look(ctx, d.Hub.Place.MemberStack())
	if err == nil && begun(s) {
		err = fault.New(fault.Refused, "the stack %s is there, and not the role: it is somebody's, and not whole; run salve "+
			"deploy members, or remove it, and run this again", s.Name)
	}
	made.Member = err == nil
	return made, err
}

// still is what an earlier test has made, unless somebody keeps it.
func (d Deployment) still(ctx context.Context, earlier Made) (Made, error) {
	if !earlier.Hub {
		return earlier, nil
	}
	s, err := d.Hub.Driver.Look(ctx, d.Hub.Place.HubStack())
	if err != nil {
		return earlier, err
	}
	if kept, known := s.Parameters[protection]; known && kept != "false" {
		return Made{}, nil
	}
	return earlier, nil
}

// noHub looks whether there is a hub, and refuses where something is there of one.
func (d Deployment) noHub(ctx context.Context, made Made) (Made, error) {
	works, err := d.Works(ctx)
	if err != nil || works {
		return made, err
	}
	if d.Hub.Place.Account != d.Account {
		return made, fault.New(fault.Refused, "there is no hub in account %s, and a test makes one in the sandbox only: run "+
			"salve deploy hub, or this with the sandbox as --profile", d.Hub.Place.Account)
	}
	items, err := rollout.Parts{d.Hub.Bucket}.Plan(ctx)
	if err != nil {
		return made, err
	}
	s, err := d.Hub.Driver.Look(ctx, d.Hub.Place.HubStack())
	if err != nil {
		return made, err
	}
	for _, left := range []struct {
		what string
		is   bool
	}{
		{"stack " + s.Name, begun(s)}, {"bucket " + d.Hub.Bucket.Name, items[0].Action != rollout.Create},
	} {
		if left.is {
			return made, fault.New(fault.Refused, "there is no hub that works, but the %s is there, which no test has made: "+
				"run salve deploy hub or salve destroy, and then this again; a bucket with more in it than Salve's is emptied "+
				"and deleted by hand", left.what)
		}
	}
	made.Hub, made.Actions = true, []string{}
	actions, err := d.Hub.Actions.Look(ctx)
	for _, a := range actions {
		switch a.State {
		case hub.ActionMissing:
			made.Actions = append(made.Actions, a.ID)
		case hub.ActionDiffers: // a deployment would set it right, and nobody would put it back
			return made, fault.New(fault.Refused, "the custom action %s is there with another name or description, which no "+
				"test has made: delete it, or run salve deploy hub, and then this again", a.ID)
		case hub.ActionThere:
		}
	}
	return made, err
}

// begun tells whether a stack is more than the plan of one.
func begun(s stack.State) bool {
	return s.Exists() && s.Status != types.StackStatusReviewInProgress
}

// plan is what would be made.
func (d Deployment) plan(ctx context.Context, made Made) ([]rollout.Item, error) {
	var items []rollout.Item
	var err error
	if made.Hub {
		if items, err = d.Hub.Parts().Plan(ctx); err != nil {
			return items, err
		}
	}
	if made.Member {
		items = append(items, rollout.Item{
			Account: d.Account, What: "stack " + d.Hub.Place.MemberStack(), Action: rollout.Create,
			Detail: "Salve's roles and their policies",
		})
	}
	return items, nil
}

// deployHub makes the hub, or goes on with it.
func (d Deployment) deployHub(ctx context.Context) error {
	_, err := d.Hub.Parts().Carry(ctx)
	return err
}

// deployMember gives the sandbox the roles.
func (d Deployment) deployMember(ctx context.Context) error {
	m, err := d.Members(ctx)
	if err != nil {
		return err
	}
	return carried(m.Parts().Carry(ctx))
}

// leave takes away what was made: the roles first, the hub after them.
func (d Deployment) leave(ctx context.Context, j Journal) error {
	made := j.Made
	if made.Hub {
		if err := d.Rest(ctx, j); err != nil {
			return err
		}
	}
	if made.Member {
		m, err := d.Members(ctx)
		if err != nil {
			return err
		}
		if err := carried(m.Leave().Carry(ctx)); err != nil {
			return err
		}
	}
	if !made.Hub {
		return nil
	}
	h := *d.Hub
	h.Actions = ours{h.Actions, made.Actions}
	return carried(h.Leave().Carry(ctx))
}

// carried is the error of what could not be done, also where it is a row of the table, and of what stays.
func carried(items []rollout.Item, err error) error {
	for _, i := range items {
		if err == nil && (i.Action == rollout.Failed || i.Action == rollout.Stays) {
			err = fault.New(fault.Refused, "%s: %s", i.What, i.Detail)
		}
	}
	return err
}

// ours are the custom actions that a test made: no other is deleted.
type ours struct {
	rollout.Actions
	made []string
}

// Look sees no others.
func (o ours) Look(ctx context.Context) ([]hub.Action, error) {
	all, err := o.Actions.Look(ctx)
	return slices.DeleteFunc(all, func(a hub.Action) bool { return !slices.Contains(o.made, a.ID) }), err
}
