package around_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
)

func finder(cfg aws.Config, now func() time.Time) *around.Finder {
	return &around.Finder{
		Organizations: organizations.NewFromConfig(cfg), Now: now,
		Sessions: member.Opener{Hub: cfg, Role: names.MemberRole},
	}
}

func unitBelow(t *testing.T, client *organizations.Client, name string, parent *string) *string {
	t.Helper()
	out, err := client.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{
		Name: &name, ParentId: parent,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.OrganizationalUnit.Id
}

// newAccount makes an account in a unit.
func newAccount(t *testing.T, client *organizations.Client, unit *string) string {
	t.Helper()
	made, err := client.CreateAccount(t.Context(), &organizations.CreateAccountInput{
		AccountName: aws.String("shop"), Email: aws.String("shop@example.org"),
	})
	if err != nil {
		t.Fatal(err)
	}
	account := aws.ToString(made.CreateAccountStatus.AccountId)
	parents, err := client.ListParents(t.Context(), &organizations.ListParentsInput{ChildId: &account})
	if err != nil || len(parents.Parents) != 1 {
		t.Fatalf("parents: %v %+v", err, parents)
	}
	_, err = client.MoveAccount(t.Context(), &organizations.MoveAccountInput{
		AccountId: &account, SourceParentId: parents.Parents[0].Id, DestinationParentId: unit,
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

func TestUnits(t *testing.T) {
	ctx, now := t.Context(), time.Now()
	root := organizations.NewFromConfig(shared.Root(shared.Management()))
	roots, err := root.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil || len(roots.Roots) != 1 {
		t.Fatalf("roots: %v %+v", err, roots)
	}
	top := roots.Roots[0].Id
	workloads := unitBelow(t, root, "workloads", top)
	prod := unitBelow(t, root, "prod", workloads)
	account := newAccount(t, root, prod)
	f := finder(shared.Orchestrator(), func() time.Time { return now })
	got, err := f.Units(ctx, account)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{*prod, *workloads, *top}, got); diff != "" {
		t.Error(diff)
	}

	// An account seldom moves: it is looked up once in a while.
	shared.ClearCalls()
	for _, move := range []time.Duration{0, 14 * time.Minute, time.Minute} {
		now = now.Add(move)
		if _, err := f.Units(ctx, account); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(shared.Calls(0)); n != 3 { // one way up, when the time was over
		t.Errorf("%d calls: %+v", n, shared.Calls(0))
	}
}

// TestUnitsUnknown: what we may not know is not known; what may be there later
// is an error, so that the message comes again.
func TestUnitsUnknown(t *testing.T) {
	got, err := finder(shared.Orchestrator(), time.Now).Units(t.Context(), "444444444444")
	if err != nil || got != nil {
		t.Errorf("of an account outside: %v %v", got, err)
	}
	if err := shared.Inject(lab.Fault{Service: "organizations", Error: lab.FaultThrottle}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shared.ClearFaults)
	got, err = finder(shared.Orchestrator(), time.Now).Units(t.Context(), "444444444444")
	if fault.Of(err) != fault.Retry {
		t.Errorf("throttled: %v %v", got, err)
	}
}
