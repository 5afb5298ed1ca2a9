package rollout_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/stack"
	"github.com/salve-security/salve/internal/stack/stacktest"
)

// members are the hub's own account and one in a world of its own; a third cannot be entered, for a reason.
func (s *sets) members(other *stacktest.Cloud, denied error) rollout.Members {
	m := s.units(memberTemplate).Members
	in := func(c *stacktest.Cloud) func(context.Context) (stack.Driver, error) {
		return func(context.Context) (stack.Driver, error) {
			d := s.driver()
			d.API = c
			return d, nil
		}
	}
	m.Accounts = []rollout.Account{
		{ID: account, Driver: in(s.Cloud)},
		{ID: "222222222222", Driver: func(context.Context) (stack.Driver, error) { return stack.Driver{}, denied }},
		{ID: "333333333333", Driver: in(other)},
	}
	return m
}

// TestMembers: one that cannot be entered is a row and keeps nobody from it; a session that has ended does, for it
// would fail everywhere.
func TestMembers(t *testing.T) {
	s, other := newSets(), stacktest.New("333333333333")
	denied := fault.New(fault.Refused, "no such role")
	items := carried(t, s.members(other, denied).Parts())
	want := []string{"create stack salve-member", "failed stack salve-member", "create stack salve-member"}
	var got []string
	for _, i := range items {
		got = append(got, string(i.Action)+" "+i.What)
	}
	if d := cmp.Diff(want, got); d != "" || items[1].Detail != "no such role" || items[1].Account != "222222222222" {
		t.Errorf("(-want +got):\n%s\n%v", d, items)
	}
	if p := other.Stacks()[rollout.MemberStack].Parameters; p["OrgId"] != "o-0123456789" ||
		p["OrchestratorRoleArn"] != "arn:aws:iam::111111111111:role/salve-orchestrator" {
		t.Errorf("parameters %v", p)
	}
	s, other = newSets(), stacktest.New("333333333333")
	ended := &smithy.GenericAPIError{Code: "ExpiredToken", Message: "it has expired"}
	items, err := s.members(other, ended).Parts().Carry(t.Context())
	if !rollout.Expired(err) || len(items) != 1 || len(other.Stacks()) != 0 {
		t.Errorf("error %v, items %v", err, items)
	}
}

// TestTakeOver: a member of another hub becomes one of this hub only where somebody says so.
func TestTakeOver(t *testing.T) {
	s, other := newSets(), stacktest.New("333333333333")
	other.Put(rollout.MemberStack, stacktest.Stack{
		Status: "CREATE_COMPLETE", Template: memberTemplate, Parameters: map[string]string{
			"OrchestratorRoleArn": "arn:aws:iam::888888888888:role/salve-orchestrator", "OrgId": "o-0123456789",
			"ExternalId": "", "CodeBucket": "salve-*",
		},
	})
	m := s.members(other, nil)
	m.Accounts = m.Accounts[2:]
	items := carried(t, m.Parts())
	if items[0].Action != rollout.Failed || !strings.Contains(items[0].Detail, "--take-over") {
		t.Errorf("%v", items)
	}
	m.TakeOver = true
	if items = carried(t, m.Parts()); items[0].Action != rollout.Change {
		t.Errorf("%v", items)
	}
	m.Hub = stack.State{}
	if items = carried(t, m.Parts()); !strings.Contains(items[0].Detail, "salve deploy hub first") {
		t.Errorf("without a hub: %v", items)
	}
}
