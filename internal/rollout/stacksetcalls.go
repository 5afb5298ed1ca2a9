package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
)

// preferences say how an operation goes through the accounts. They do not hold where accounts join by themselves.
func (u Units) preferences() *types.StackSetOperationPreferences {
	return &types.StackSetOperationPreferences{
		FailureToleranceCount: &u.Tolerance, MaxConcurrentCount: &u.Concurrent,
		// Else no more accounts than may fail would be worked on at a time.
		ConcurrencyMode: types.ConcurrencyModeSoftFailureTolerance,
	}
}

// parameters are those of the StackSet; what is not given keeps its value.
func (u Units) parameters(s set) ([]types.Parameter, error) {
	values, err := u.values()
	if err != nil {
		return nil, err
	}
	var out []types.Parameter
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, types.Parameter{ParameterKey: &name, ParameterValue: aws.String(values[name])})
	}
	for _, p := range s.found.Parameters {
		if _, given := values[aws.ToString(p.ParameterKey)]; !given {
			out = append(out, types.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
		}
	}
	return out, nil
}

// template is where the StackSet's template is read, by whoever has the address.
func (u Units) template(ctx context.Context) (*string, error) {
	address, err := u.Members.Bucket.ofMembers(ctx, u.Members.Template).URL()
	return &address, err
}

// joining: an account that joins a unit gets the stack; one that leaves keeps it, and what it can be undone with.
func joining() *types.AutoDeployment {
	return &types.AutoDeployment{Enabled: aws.Bool(true), RetainStacksOnAccountRemoval: aws.Bool(true)}
}

func (u Units) create(ctx context.Context, s set) error {
	parameters, err := u.parameters(s)
	if err != nil {
		return err
	}
	address, err := u.template(ctx)
	if err != nil {
		return err
	}
	_, err = u.API.CreateStackSet(ctx, &cfn.CreateStackSetInput{
		StackSetName: aws.String(u.name()),
		Description:  aws.String("Salve: the roles of member accounts"),
		TemplateURL:  address, Parameters: parameters, CallAs: s.as,
		Capabilities:     []types.Capability{types.CapabilityCapabilityNamedIam},
		PermissionModel:  types.PermissionModelsServiceManaged,
		AutoDeployment:   joining(),
		ManagedExecution: &types.ManagedExecution{Active: aws.Bool(true)}, // what comes meanwhile waits for its turn
	})
	var there *types.NameAlreadyExistsException
	if errors.As(err, &there) {
		return fault.New(fault.Refused, "somebody else made StackSet %s meanwhile: run this again to see what is left to do",
			u.name())
	}
	if err != nil {
		return fmt.Errorf("make StackSet %s: %w", u.name(), err)
	}
	return nil
}

// update brings the StackSet and all its instances to what is wished.
func (u Units) update(ctx context.Context, s set) ([]Item, error) {
	parameters, err := u.parameters(s)
	if err != nil {
		return nil, err
	}
	address, err := u.template(ctx)
	if err != nil {
		return nil, err
	}
	out, err := u.API.UpdateStackSet(ctx, &cfn.UpdateStackSetInput{
		StackSetName: aws.String(u.name()), TemplateURL: address, Parameters: parameters, CallAs: s.as,
		Capabilities:         []types.Capability{types.CapabilityCapabilityNamedIam},
		PermissionModel:      types.PermissionModelsServiceManaged,
		AutoDeployment:       joining(),
		OperationPreferences: u.preferences(),
		ManagedExecution:     &types.ManagedExecution{Active: aws.Bool(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("change StackSet %s: %w", u.name(), err)
	}
	return u.await(ctx, s.as, aws.ToString(out.OperationId))
}

// others are all accounts of units but the hub's, which has a stack of its own.
func (u Units) others(s set, units []string) *types.DeploymentTargets {
	targets := &types.DeploymentTargets{OrganizationalUnitIds: units}
	if s.as == types.CallAsDelegatedAdmin { // the management account is skipped anyway
		targets.Accounts = []string{u.Members.Place.Account}
		targets.AccountFilterType = types.AccountFilterTypeDifference
	}
	return targets
}

// reach makes instances in the units that have none yet.
func (u Units) reach(ctx context.Context, s set) ([]Item, error) {
	out, err := u.API.CreateStackInstances(ctx, &cfn.CreateStackInstancesInput{
		StackSetName: aws.String(u.name()), DeploymentTargets: u.others(s, s.missing()),
		Regions: []string{u.Members.Place.Region}, OperationPreferences: u.preferences(), CallAs: s.as,
	})
	if err != nil {
		return nil, fmt.Errorf("make instances of StackSet %s: %w", u.name(), err)
	}
	return u.await(ctx, s.as, aws.ToString(out.OperationId))
}

// await waits for the end of an operation and returns the accounts in which it failed.
func (u Units) await(ctx context.Context, as types.CallAs, id string) ([]Item, error) {
	for {
		out, err := u.API.DescribeStackSetOperation(ctx, &cfn.DescribeStackSetOperationInput{
			StackSetName: aws.String(u.name()), OperationId: &id, CallAs: as,
		})
		if err != nil {
			return nil, fmt.Errorf("watch operation %s of StackSet %s: %w", id, u.name(), err)
		}
		if o := out.StackSetOperation; o != nil && !under(o.Status) {
			if o.Status == types.StackSetOperationStatusSucceeded {
				return nil, nil
			}
			return u.results(ctx, as, id)
		}
		if err := u.Pause(ctx, setPoll); err != nil {
			return nil, fault.New(fault.Retry, "nobody watches StackSet %s any more (%w); CloudFormation goes on with it: run "+
				"the same command again, it takes up where this one ended", u.name(), err)
		}
	}
}

// results are the accounts in which an operation did not succeed.
func (u Units) results(ctx context.Context, as types.CallAs, id string) ([]Item, error) {
	in := &cfn.ListStackSetOperationResultsInput{
		StackSetName: aws.String(u.name()), OperationId: &id, CallAs: as,
	}
	var failed []Item
	for {
		out, err := u.API.ListStackSetOperationResults(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("read what operation %s of StackSet %s led to: %w", id, u.name(), err)
		}
		for _, r := range out.Summaries {
			if r.Status == types.StackSetOperationResultStatusSucceeded {
				continue
			}
			failed = append(failed, Item{
				Account: aws.ToString(r.Account), What: "instance of StackSet " + u.name(), Action: Failed,
				Detail: joined(string(r.Status), aws.ToString(r.StatusReason)),
			})
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if len(failed) == 0 { // stopped before it came to any
		return nil, fault.New(fault.Refused, "operation %s of StackSet %s was stopped: run this again", id,
			u.name())
	}
	return failed, nil
}

// leave is the StackSet, to be deleted with the stacks of all its accounts.
type leave struct{ u Units }

// Leave is the StackSet, to be deleted.
func (u Units) Leave() Part { return leave{u} }

// Plan says whether there is one.
func (l leave) Plan(ctx context.Context) ([]Item, error) {
	s, err := l.u.look(ctx)
	if err != nil {
		return nil, err
	}
	item := Item{Account: l.u.Members.Place.Account, What: "StackSet " + l.u.name(), Action: Delete}
	if !s.there {
		item.Action, item.Detail, item.Done = Nothing, "not there", true
		return []Item{item}, nil
	}
	if err := l.u.Members.ours(s.state(l.u.name())); err != nil {
		row := refusal(item.Account, l.u.name(), err)
		row.What = item.What
		return []Item{row}, nil
	}
	all, err := l.u.instances(ctx, s.as, func(types.StackInstanceSummary) bool { return true })
	item.Detail = fmt.Sprintf("and Salve's roles in its accounts (%d)", len(all))
	return []Item{item}, err
}

// Carry deletes the instances, then the StackSet.
func (l leave) Carry(ctx context.Context) ([]Item, error) {
	u := l.u
	s, err := u.look(ctx)
	if err != nil {
		return nil, err
	}
	if s.running != "" {
		if _, err := u.await(ctx, s.as, s.running); err != nil {
			return nil, err
		}
	}
	items, err := l.Plan(ctx)
	if err != nil || items[0].Action != Delete {
		return items, err
	}
	if len(s.found.OrganizationalUnitIds) > 0 {
		out, err := u.API.DeleteStackInstances(ctx, &cfn.DeleteStackInstancesInput{
			StackSetName: aws.String(u.name()), RetainStacks: aws.Bool(false), CallAs: s.as,
			DeploymentTargets: &types.DeploymentTargets{OrganizationalUnitIds: s.found.OrganizationalUnitIds},
			Regions:           []string{u.Members.Place.Region}, OperationPreferences: u.preferences(),
		})
		if err != nil {
			return nil, fmt.Errorf("delete the instances of StackSet %s: %w", u.name(), err)
		}
		failed, err := u.await(ctx, s.as, aws.ToString(out.OperationId))
		if err != nil || len(failed) > 0 {
			return failed, err
		}
	}
	_, err = u.API.DeleteStackSet(ctx, &cfn.DeleteStackSetInput{
		StackSetName: aws.String(u.name()), CallAs: s.as,
	})
	var gone *types.StackSetNotFoundException
	if err != nil && !errors.As(err, &gone) {
		return nil, fmt.Errorf("delete StackSet %s: %w", u.name(), err)
	}
	items[0].Done = true
	return items, nil
}

// Drift has CloudFormation compare all instances with what there is.
func (u Units) Drift(ctx context.Context) ([]Item, error) {
	s, err := u.look(ctx)
	if err != nil || !s.there {
		return nil, err
	}
	out, err := u.API.DetectStackSetDrift(ctx, &cfn.DetectStackSetDriftInput{
		StackSetName: aws.String(u.name()), OperationPreferences: u.preferences(), CallAs: s.as,
	})
	if err != nil {
		return nil, fmt.Errorf("look for drift of StackSet %s: %w", u.name(), err)
	}
	failed, err := u.await(ctx, s.as, aws.ToString(out.OperationId))
	if err != nil {
		return failed, err
	}
	drifted, err := u.instances(ctx, s.as, func(i types.StackInstanceSummary) bool {
		return i.DriftStatus == types.StackDriftStatusDrifted
	})
	items := []Item{{
		Account: u.Members.Place.Account, What: "StackSet " + u.name(), Action: Nothing, Done: true,
		Detail: fmt.Sprintf("instances that somebody changed: %d", len(drifted)),
	}}
	for _, account := range drifted {
		items = append(items, Item{
			Account: account, What: "instance of StackSet " + u.name(), Action: Drifted,
			Detail: "aws cloudformation describe-stack-resource-drifts there names the resources",
		})
	}
	return append(items, failed...), err
}
