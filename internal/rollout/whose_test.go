package rollout_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
	"github.com/salve-security/salve/internal/stack/stacktest"
)

// handmade is a stack that somebody made by hand, with nothing of Salve's but the name.
const handmade = "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n"

const otherRole = "arn:aws:iam::888888888888:role/salve-orchestrator"

// statuses are those in which a stack may be found, one of each kind that is told apart.
func statuses() []types.StackStatus {
	return []types.StackStatus{
		types.StackStatusCreateComplete, types.StackStatusRollbackComplete, types.StackStatusUpdateRollbackFailed,
		types.StackStatusDeleteFailed, types.StackStatusCreateInProgress,
	}
}

// TestStrangersMemberStays: a stack that is called as a member's is neither deleted nor changed where it is none, nor
// deleted where it is another hub's; the other members go.
func TestStrangersMemberStays(t *testing.T) {
	tests := map[string]struct {
		parameters map[string]string
		leave      string // what the removal says
		takeOver   string // what taking it over says; "" where that is done
	}{
		"made by hand":           {nil, "not Salve's", "not Salve's"},
		"without a role":         {map[string]string{"OrchestratorRoleArn": "", "OrgId": ""}, "not Salve's", "not Salve's"},
		"a member of another":    {map[string]string{"OrchestratorRoleArn": otherRole}, "another hub, " + otherRole, ""},
		"a parameter by chance":  {map[string]string{"OrgId": "o-0123456789"}, "not Salve's", "not Salve's"},
		"ours, but for a letter": {map[string]string{"OrchestratorRoleArn": otherRole + "s"}, "not Salve's", "not Salve's"},
	}
	for name, tc := range tests {
		for _, status := range statuses() {
			t.Run(name+" "+string(status), func(t *testing.T) {
				s, other := newSets(), stacktest.New("333333333333")
				other.Put(rollout.MemberStack, stacktest.Stack{
					Status: status, Template: handmade, Parameters: maps.Clone(tc.parameters),
				})
				m := s.members(other, fault.New(fault.Refused, "no such role"))
				carried(t, rollout.Members{
					Hub: m.Hub, Place: m.Place, Bucket: m.Bucket, Template: m.Template, Accounts: m.Accounts[:1],
				}.Parts())
				planned, err := m.Leave().Plan(t.Context())
				if err != nil || !refused(planned[2], tc.leave) {
					t.Errorf("plan %v, %v", planned, err)
				}
				items := carried(t, m.Leave())
				if items[0].Action != rollout.Delete || !items[0].Done || !refused(items[2], tc.leave) {
					t.Errorf("done %v", items)
				}
				m.TakeOver = true
				if m.Accounts = m.Accounts[2:]; tc.takeOver == "" {
					return
				}
				items = carried(t, m.Parts())
				if !refused(items[0], tc.takeOver) {
					t.Errorf("taken over: %v", items)
				}
				if got := other.Stacks()[rollout.MemberStack]; got.Template != handmade || writes(other.Calls) != "" {
					t.Errorf("calls %v", other.Calls)
				}
			})
		}
	}
}

// refused tells whether a row says why it was not carried out.
func refused(i rollout.Item, why string) bool {
	return i.Action == rollout.Failed && !i.Done && strings.Contains(i.Detail, why)
}

// writes are the calls that change a stack.
func writes(calls []string) string {
	out := ""
	for _, c := range calls {
		switch c {
		case "DescribeStacks", "DescribeStackEvents", "GetTemplate":
		default:
			out += c + " "
		}
	}
	return out
}

// TestMemberLeavesAfterItsHub: where the hub is gone already, its members are known by what its role is called.
func TestMemberLeavesAfterItsHub(t *testing.T) {
	s, other := newSets(), stacktest.New("333333333333")
	m := s.members(other, nil)
	m.Accounts = m.Accounts[2:]
	carried(t, m.Parts())
	m.Hub = stack.State{}
	if items := carried(t, m.Leave()); items[0].Action != rollout.Delete || !items[0].Done {
		t.Errorf("%v", items)
	}
}

// TestStrangersHubStays: a stack that is called as the hub's and is none is neither deployed over nor deleted, and
// nothing else is made or deleted then.
func TestStrangersHubStays(t *testing.T) {
	for _, status := range statuses() {
		t.Run(string(status), func(t *testing.T) {
			w := newWorld()
			carried(t, w.hub("one").Parts()) // the bucket and the custom actions of an earlier one
			w.Put(rollout.HubStack, stacktest.Stack{
				Status: status, Template: handmade, Parameters: map[string]string{"CodeKey": "theirs"},
			})
			w.Calls = nil
			before := w.end()
			for _, parts := range []rollout.Parts{w.hub("two").Parts()[2:], w.hub("").Parts()} {
				if _, err := parts.Carry(t.Context()); fault.Of(err) != fault.Refused ||
					!strings.Contains(err.Error(), "is not Salve's") {
					t.Errorf("deployed over it: %v", err)
				}
			}
			planned, err := w.hub("").Leave().Plan(t.Context())
			items := carried(t, w.hub("").Leave())
			for _, got := range [][]rollout.Item{planned, items} {
				if err != nil || len(got) != 1 || !refused(got[0], "is not Salve's") {
					t.Errorf("removal: %v, %v", got, err)
				}
			}
			if after := w.end(); after != before {
				t.Errorf("it ended as:\n%s\nand began as:\n%s", after, before)
			}
			c := surroundings{regions: []string{"eu-central-1"}}.checks()
			c.Stacks = func(string) stack.Driver { return w.driver() }
			_, err = c.Look(t.Context())
			if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "is not Salve's") {
				t.Errorf("checks: %v", err)
			}
		})
	}
}

// TestStrangersKeepNothing: a stack that is not this hub's needs nothing of it, so the hub goes; a member that could
// not be removed keeps it.
func TestStrangersKeepNothing(t *testing.T) {
	s, other := newSets(), stacktest.New("333333333333")
	carried(t, s.hub("one").Parts())
	other.Put(rollout.MemberStack, stacktest.Stack{Status: "CREATE_COMPLETE", Template: handmade})
	m := s.members(other, fault.New(fault.Refused, "no such role"))
	_, err := rollout.Until(append(m.Leave(), s.hub("").Leave()...)).Carry(t.Context())
	if fault.Of(err) != fault.Refused ||
		!strings.Contains(err.Error(), "1 of 3 members could not be removed, so the hub stays") {
		t.Errorf("error %v", err)
	}
	m.Accounts = m.Accounts[2:]
	items := carried(t, rollout.Until(append(m.Leave(), s.hub("").Leave()...)))
	if rollout.Failures(items) != 1 || s.Stacks()[rollout.HubStack].Status != types.StackStatusDeleteComplete {
		t.Errorf("%v", lines(items))
	}
	if len(other.Stacks()) != 1 || other.Stacks()[rollout.MemberStack].Status != types.StackStatusCreateComplete {
		t.Error("the stranger's stack is gone")
	}
}

// TestStrangersStackSetStays: the same holds of a StackSet of that name, which reaches whole units.
func TestStrangersStackSetStays(t *testing.T) {
	for name, tc := range map[string]struct {
		role *string
		want string
	}{
		"made by hand": {nil, "is not Salve's"}, "of another hub": {aws.String(otherRole), "another hub, " + otherRole},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSets()
			carried(t, rollout.Parts{s.units(memberTemplate)})
			s.set.Parameters = nil
			if tc.role != nil {
				s.set.Parameters = []types.Parameter{
					{ParameterKey: aws.String("OrchestratorRoleArn"), ParameterValue: tc.role},
				}
			}
			s.asked = nil
			if _, err := (rollout.Parts{s.units(memberTemplate)}).Carry(t.Context()); fault.Of(err) != fault.Refused {
				t.Errorf("deployed over it: %v", err)
			}
			items := carried(t, rollout.Parts{s.units("").Leave()})
			if len(items) != 1 || !refused(items[0], tc.want) || len(s.asked) != 0 || s.set == nil {
				t.Errorf("removal: %v, asked %v", items, s.asked)
			}
			u := s.units(memberTemplate)
			u.Members.TakeOver = true
			if _, err := (rollout.Parts{u}).Carry(t.Context()); (err == nil) != (tc.role != nil) {
				t.Errorf("taken over: %v", err)
			}
		})
	}
}
