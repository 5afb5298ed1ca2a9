package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	organizations "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/stack"
)

// StackSets are the calls that a StackSet takes.
type StackSets interface {
	DescribeOrganizationsAccess(context.Context, *cfn.DescribeOrganizationsAccessInput, ...func(*cfn.Options)) (
		*cfn.DescribeOrganizationsAccessOutput, error)
	DescribeStackSet(context.Context, *cfn.DescribeStackSetInput, ...func(*cfn.Options)) (
		*cfn.DescribeStackSetOutput, error)
	CreateStackSet(context.Context, *cfn.CreateStackSetInput, ...func(*cfn.Options)) (*cfn.CreateStackSetOutput, error)
	UpdateStackSet(context.Context, *cfn.UpdateStackSetInput, ...func(*cfn.Options)) (*cfn.UpdateStackSetOutput, error)
	DeleteStackSet(context.Context, *cfn.DeleteStackSetInput, ...func(*cfn.Options)) (*cfn.DeleteStackSetOutput, error)
	CreateStackInstances(context.Context, *cfn.CreateStackInstancesInput, ...func(*cfn.Options)) (
		*cfn.CreateStackInstancesOutput, error)
	DeleteStackInstances(context.Context, *cfn.DeleteStackInstancesInput, ...func(*cfn.Options)) (
		*cfn.DeleteStackInstancesOutput, error)
	ListStackInstances(context.Context, *cfn.ListStackInstancesInput, ...func(*cfn.Options)) (
		*cfn.ListStackInstancesOutput, error)
	ListStackSetOperations(context.Context, *cfn.ListStackSetOperationsInput, ...func(*cfn.Options)) (
		*cfn.ListStackSetOperationsOutput, error)
	DescribeStackSetOperation(context.Context, *cfn.DescribeStackSetOperationInput, ...func(*cfn.Options)) (
		*cfn.DescribeStackSetOperationOutput, error)
	ListStackSetOperationResults(context.Context, *cfn.ListStackSetOperationResultsInput, ...func(*cfn.Options)) (
		*cfn.ListStackSetOperationResultsOutput, error)
	DetectStackSetDrift(context.Context, *cfn.DetectStackSetDriftInput, ...func(*cfn.Options)) (
		*cfn.DetectStackSetDriftOutput, error)
}

// Units are the accounts of organizational units, which a service-managed StackSet brings Salve to, new ones by itself.
// It leaves out the hub's account, which has a stack of its own; StackSets skip the management account anyway.
type Units struct {
	Members    Members
	API        StackSets
	Org        Organisation
	IDs        []string // of units or of the root; none: all that the StackSet has
	All        bool     // the root
	Tolerance  int32    // in how many accounts it may fail before it ends
	Concurrent int32    // in how many accounts it works at a time
	Pause      func(ctx context.Context, d time.Duration) error
}

// name is what the StackSet is called.
func (u Units) name() string { return u.Members.Place.MemberStack() }

// set is the StackSet as it is, and how it is called.
type set struct {
	as      types.CallAs
	there   bool
	found   types.StackSet
	targets []string // units that it shall reach
	behind  []string // accounts whose instance is not as the StackSet is
	running string   // an operation that is under way
}

// setPoll is how often it is looked whether an operation has ended.
const setPoll = 10 * time.Second

// look reads all there is to know.
func (u Units) look(ctx context.Context) (set, error) {
	as, err := u.trusted(ctx)
	if err != nil {
		return set{}, err
	}
	s := set{as: as}
	if s.targets, err = u.targets(ctx); err != nil {
		return s, err
	}
	name := u.name()
	out, err := u.API.DescribeStackSet(ctx, &cfn.DescribeStackSetInput{StackSetName: &name, CallAs: as})
	var none *types.StackSetNotFoundException
	if errors.As(err, &none) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("look at StackSet %s: %w", name, err)
	}
	s.found, s.there = *out.StackSet, true
	if s.found.PermissionModel != types.PermissionModelsServiceManaged {
		return s, fault.New(fault.Refused, "there is a StackSet %s that manages its own permissions: delete it, or name its "+
			"accounts with --account", name)
	}
	if s.running, err = u.running(ctx, as); err != nil {
		return s, err
	}
	s.behind, err = u.instances(ctx, as, func(i types.StackInstanceSummary) bool {
		return i.Status != types.StackInstanceStatusCurrent
	})
	return s, err
}

// running is the operation that is under way, "" for none.
func (u Units) running(ctx context.Context, as types.CallAs) (string, error) {
	out, err := u.API.ListStackSetOperations(ctx, &cfn.ListStackSetOperationsInput{
		StackSetName: aws.String(u.name()), CallAs: as,
	})
	if err != nil {
		return "", fmt.Errorf("list the operations of StackSet %s: %w", u.name(), err)
	}
	for _, o := range out.Summaries { // the newest first
		if under(o.Status) {
			return aws.ToString(o.OperationId), nil
		}
	}
	return "", nil
}

// under tells whether an operation has not ended.
func under(s types.StackSetOperationStatus) bool {
	return s == types.StackSetOperationStatusRunning || s == types.StackSetOperationStatusQueued ||
		s == types.StackSetOperationStatusStopping
}

// instances are the accounts of the instances that are wanted.
func (u Units) instances(ctx context.Context, as types.CallAs, wanted func(types.StackInstanceSummary) bool) (
	[]string, error,
) {
	in := &cfn.ListStackInstancesInput{StackSetName: aws.String(u.name()), CallAs: as}
	var all []string
	for {
		out, err := u.API.ListStackInstances(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("list the instances of StackSet %s: %w", u.name(), err)
		}
		for _, i := range out.Summaries {
			if wanted(i) {
				all = append(all, aws.ToString(i.Account))
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			slices.Sort(all)
			return all, nil
		}
	}
}

// state is the StackSet as a stack, as far as it says whose it is.
func (s set) state(name string) stack.State {
	parameters := map[string]string{}
	for _, p := range s.found.Parameters {
		parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	return stack.State{Name: name, Status: types.StackStatusCreateComplete, Parameters: parameters}
}

// missing are the units that the StackSet does not reach yet.
func (s set) missing() []string {
	return slices.DeleteFunc(slices.Clone(s.targets), func(id string) bool {
		return slices.Contains(s.found.OrganizationalUnitIds, id)
	})
}

// values are the parameters of the StackSet.
func (u Units) values() (map[string]string, error) {
	values, err := u.Members.follow()
	maps.Copy(values, u.Members.Parameters)
	return values, err
}

// differences are the parameters that differ; those that are not given keep their values.
func (u Units) differences(s set) ([]stack.Difference, error) {
	values, err := u.values()
	if err != nil {
		return nil, err
	}
	has := s.state(u.name()).Parameters
	var out []stack.Difference
	for _, name := range slices.Sorted(maps.Keys(values)) {
		secret := name == paramExternal
		if from, to := has[name], values[name]; from != to && (!secret || !stack.Masked(from) && to != "") {
			if secret {
				to = "****"
			}
			out = append(out, stack.Difference{Name: name, From: from, To: to})
		}
	}
	return out, nil
}

// Plan says what the StackSet would become, and which units it would reach.
func (u Units) Plan(ctx context.Context) ([]Item, error) {
	s, err := u.look(ctx)
	if err != nil {
		return nil, err
	}
	return u.plan(s)
}

func (u Units) plan(s set) ([]Item, error) {
	item := Item{
		Account: u.Members.Place.Account, What: "StackSet " + u.name(), Action: Create,
		Detail: "accounts that join get it by themselves; it stays in those that leave",
	}
	var err error
	if item.Parameters, err = u.differences(s); err != nil {
		return nil, err
	}
	if s.there {
		if err := ownMember(s.state(u.name())); err != nil {
			return nil, err
		}
		if other := s.state("").Parameters[paramRole]; other != u.Members.role() && !u.Members.TakeOver {
			return nil, fault.New(fault.Refused, "%s is of another hub, %s: say --take-over to make its accounts members of "+
				"this one", item.What, other)
		}
		item.Action, item.Detail = Nothing, ""
		var why []string
		if aws.ToString(s.found.TemplateBody) != u.Members.Template {
			why = append(why, "another template")
		}
		if !s.joins() {
			why = append(why, "new accounts get it by themselves")
		}
		if len(s.behind) > 0 {
			why = append(why, "behind: "+strings.Join(s.behind, ", "))
		}
		if len(why)+len(item.Parameters) > 0 {
			item.Action, item.Detail = Change, strings.Join(why, "; ")
		}
	}
	if s.running != "" {
		item.Detail = joined(item.Detail, "operation "+s.running+" is under way, and waited for")
	}
	item.Done = item.Action == Nothing
	items := []Item{item}
	if missing := s.missing(); len(missing) > 0 {
		items = append(items, Item{
			Account: u.Members.Place.Account, What: "instances of StackSet " + u.name(), Action: Create,
			Detail: fmt.Sprintf("in %s, all accounts but the hub's and the management account; %d at a time, ending after "+
				"%d that fail", strings.Join(missing, ", "), u.Concurrent, u.Tolerance),
		})
	}
	return items, nil
}

// Carry brings the StackSet to what is wished and to all units. Accounts in which that fails are items of the table.
func (u Units) Carry(ctx context.Context) ([]Item, error) {
	s, err := u.look(ctx)
	if err != nil {
		return nil, err
	}
	if s.running != "" { // of an earlier run, or of somebody else: what it leads to is looked at anew
		if _, err := u.await(ctx, s.as, s.running); err != nil {
			return nil, err
		}
		if s, err = u.look(ctx); err != nil {
			return nil, err
		}
	}
	items, err := u.plan(s)
	if err != nil {
		return nil, err
	}
	var failed []Item
	switch items[0].Action {
	case Create:
		err = u.create(ctx, s)
	case Change:
		failed, err = u.update(ctx, s)
	case Nothing, Delete, Stays, Failed, Drifted:
	}
	if err != nil {
		return nil, err
	}
	items[0].Done = true
	if len(items) > 1 {
		more, err := u.reach(ctx, s)
		if err != nil {
			return items[:1], err
		}
		items[1].Done = true
		failed = append(failed, more...)
	}
	return append(items, failed...), nil
}

// joins tells whether accounts that join a unit get the stack by themselves.
func (s set) joins() bool {
	return s.found.AutoDeployment != nil && aws.ToBool(s.found.AutoDeployment.Enabled)
}

// Left tells whether there is a StackSet that Salve made. While that cannot be seen, it refuses, for the members of one
// would be left with roles that nobody names; despite that it says so in a note.
func (u Units) Left(ctx context.Context, despite bool) (there bool, note string, err error) {
	s, err := u.look(ctx)
	var nowhere *organizations.AWSOrganizationsNotInUseException // where nobody can have made one
	switch {
	case err == nil || errors.As(err, &nowhere):
		return s.there, "", nil
	case ctx.Err() != nil || Expired(err):
		return false, "", err
	case despite:
		return false, "Whether there is a StackSet " + u.name() + " could not be seen; if so, it stays as it is, and so " +
			"do its members: " + sentence(err), nil
	}
	return false, "", fault.New(fault.Refused, "whether a StackSet %s still has members cannot be seen, so nothing is "+
		"deleted: %s; or, if no members were deployed to units, say --despite-unseen-members", u.name(),
		strings.TrimSuffix(sentence(err), "."))
}
