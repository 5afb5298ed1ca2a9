package inspector_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/inspector2/types"

	playbook "github.com/salve-security/salve/functions/playbooks/inspector"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

func self() []string { return []string{playbooktest.DefaultAccount} }

func TestScans(t *testing.T) {
	playbooktest.Family(t, playbook.Scans(), func(c control.Control) playbooktest.Suite {
		return playbooktest.Suite{
			Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				t.Helper()
				playbooktest.Got(inspector2.NewFromConfig(root).Disable(ctx, &inspector2.DisableInput{
					AccountIds: self(), ResourceTypes: []types.ResourceScanType{"EC2", "ECR", "LAMBDA", "LAMBDA_CODE"},
				}))(t)
				return playbooktest.DefaultAccountID
			},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
				t.Helper()
				s := playbooktest.Got(inspector2.NewFromConfig(root).BatchGetAccountStatus(ctx,
					&inspector2.BatchGetAccountStatusInput{AccountIds: self()}))(t).Accounts[0].ResourceState
				return []types.Status{s.Ec2.Status, s.Ecr.Status, s.Lambda.Status, s.LambdaCode.Status}
			},
			Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
				t.Helper()
				other := map[string]types.ResourceScanType{"Inspector.1": "ECR"}[c.ID]
				if other == "" {
					other = "EC2"
				}
				playbooktest.Got(inspector2.NewFromConfig(root).Enable(ctx, &inspector2.EnableInput{
					AccountIds: self(), ResourceTypes: []types.ResourceScanType{other},
				}))(t)
			},
			Skip:   map[string]string{playbooktest.CaseDrift: "a scan is on or off, and both are ours"},
			Unseen: map[string]string{"iam:CreateServiceLinkedRole": "Inspector makes the call on the session's behalf"},
		}
	})
}

// shape is an account with the scans: EC2, ECR, Lambda, its code.
func shape(all ...types.Status) playbooktest.StandIn {
	state := func(n int) *types.State {
		if all[n] == "" {
			return nil
		}
		return &types.State{Status: all[n]}
	}
	return playbooktest.Answers(&inspector2.ListMembersOutput{}, &inspector2.BatchGetAccountStatusOutput{
		Accounts: []types.AccountState{{
			AccountId: &self()[0], State: &types.State{Status: types.StatusEnabled},
			ResourceState: &types.ResourceState{Ec2: state(0), Ecr: state(1), Lambda: state(2), LambdaCode: state(3)},
		}},
	})
}

// administering is an account that has the scans on and administers others with the states, nil for one that Inspector
// says nothing of.
func administering(members map[string]*types.ResourceState) playbooktest.StandIn {
	list, on := &inspector2.ListMembersOutput{}, &types.State{Status: types.StatusEnabled}
	states := map[string]*types.ResourceState{
		playbooktest.DefaultAccount: {Ec2: on, Ecr: on, Lambda: on, LambdaCode: on},
	}
	for id, state := range members {
		list.Members, states[id] = append(list.Members, types.Member{AccountId: &id}), state
	}
	s := playbooktest.Answers(list)
	s["BatchGetAccountStatus"] = func(in any) (any, error) {
		out := &inspector2.BatchGetAccountStatusOutput{}
		for _, id := range in.(*inspector2.BatchGetAccountStatusInput).AccountIds {
			if states[id] == nil {
				out.FailedAccounts = append(out.FailedAccounts, types.FailedAccount{AccountId: &id})
				continue
			}
			out.Accounts = append(out.Accounts, types.AccountState{AccountId: &id, ResourceState: states[id]})
		}
		return out, nil
	}
	return s
}

// AWS fails an administrator for a member that is not scanned, suspended ones too, whatever the account has itself.
func TestLineOfAdministrators(t *testing.T) {
	on, off := &types.State{Status: types.StatusEnabled}, &types.State{Status: types.StatusSuspended}
	whole := &types.ResourceState{Ec2: on, Ecr: on, Lambda: on, LambdaCode: on}
	refused := func(why string) playbooktest.StandIn {
		s := administering(nil)
		s["ListMembers"] = func(any) (any, error) { return nil, &types.AccessDeniedException{Message: &why} }
		return s
	}
	for id, without := range map[string]*types.ResourceState{
		"Inspector.1": {Ec2: off, Ecr: on, Lambda: on, LambdaCode: on},
		"Inspector.2": {Ec2: on, Lambda: on, LambdaCode: on},
		"Inspector.3": {Ec2: on, Ecr: on, Lambda: on, LambdaCode: off},
		"Inspector.4": {Ec2: on, Ecr: on, Lambda: off, LambdaCode: off},
	} {
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Scans(), id), playbooktest.DefaultAccountID,
			map[string]playbooktest.Shape{
				"members":          {Answers: administering(map[string]*types.ResourceState{"333333333333": whole})},
				"no administrator": {Answers: refused("Invoking account does not have access")},
				"not to be seen": {
					Answers: refused("User: arn:aws:sts::222222222222:assumed-role/a/b is not authorized to perform: " +
						"inspector2:ListMembers on resource: * because no identity-based policy allows the action"),
					Class: fault.Denied,
				},
				"a member without": {
					Answers: administering(map[string]*types.ResourceState{
						"333333333333": whole, "444444444444": without, "555555555555": nil,
					}),
					Class: fault.Refused, Words: []string{"444444444444, 555555555555"},
				},
			})
	}
}

// AWS looks at each scan for itself, and takes one that is being switched on for off.
func TestLineOfScans(t *testing.T) {
	const on, off, soon = types.StatusEnabled, types.StatusDisabled, types.StatusEnabling
	for at, id := range map[int]string{0: "Inspector.1", 1: "Inspector.2", 3: "Inspector.3", 2: "Inspector.4"} {
		with := func(mine, others types.Status) playbooktest.StandIn {
			all := []types.Status{others, others, others, others}
			all[at] = mine
			return shape(all...)
		}
		refusing := func(code types.ErrorCode) playbooktest.StandIn {
			return playbooktest.Answers(&inspector2.BatchGetAccountStatusOutput{FailedAccounts: []types.FailedAccount{{
				AccountId: &self()[0], ErrorCode: code, ErrorMessage: aws.String("no"),
			}}})
		}
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Scans(), id), playbooktest.DefaultAccountID,
			map[string]playbooktest.Shape{
				"off": {Answers: with(off, on), Fails: true}, "on": {Answers: with(on, on)},
				"soon":        {Answers: with(soon, on), Fails: true},
				"suspended":   {Answers: with(types.StatusSuspended, on), Fails: true},
				"not offered": {Answers: with("", on), Class: fault.Refused, Words: []string{"this Region"}},
				"not allowed": {
					Answers: refusing(types.ErrorCodeAccessDenied), Class: fault.Refused, Words: []string{"administrator"},
				},
				"not ready":     {Answers: refusing(types.ErrorCodeSsmThrottled), Class: fault.Retry},
				"alone":         {Answers: refusing(types.ErrorCodeAccountIsIsolated), Class: fault.Refused},
				"about nothing": {Answers: playbooktest.Answers(&inspector2.BatchGetAccountStatusOutput{}), Class: fault.Invalid},
			})
	}
}

// Inspector answers a refusal as a success: the run does not take it for one, and takes up what somebody else began.
func TestRefusalsThatAreSuccesses(t *testing.T) {
	c := playbooktest.Pick(t, playbook.Scans(), "Inspector.1")
	for code, class := range map[types.ErrorCode]fault.Class{
		types.ErrorCodeAccessDenied: fault.Refused, types.ErrorCodeInternalError: fault.Retry,
		types.ErrorCodeAlreadyEnabled: fault.None, types.ErrorCodeEnableInProgress: fault.None,
	} {
		is := shape(types.StatusDisabled, "", "", "")
		is["Enable"] = func(any) (any, error) {
			return &inspector2.EnableOutput{FailedAccounts: []types.FailedAccount{{
				AccountId: &self()[0], ErrorCode: code, ErrorMessage: aws.String("no"),
			}}}, nil
		}
		env := playbooktest.Env(t, c, playbooktest.DefaultAccountID, playbooktest.Unplugged(), is)
		plan := playbooktest.Planned(t, c, env, "  ~ EC2: false → true\n")
		playbooktest.Fails(t, c.Apply(t.Context(), env, plan), class)
	}
}
