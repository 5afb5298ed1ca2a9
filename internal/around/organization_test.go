package around_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/lab"
)

func read() time.Time { return time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC) }

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

// TestChart: with the rights of the function, which account is in which unit, in a few calls.
func TestChart(t *testing.T) {
	ctx := t.Context()
	root := organizations.NewFromConfig(shared.Root(shared.Management()))
	roots, err := root.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil || len(roots.Roots) != 1 {
		t.Fatalf("roots: %v %+v", err, roots)
	}
	top := roots.Roots[0].Id
	workloads := unitBelow(t, root, "workloads", top)
	prod := unitBelow(t, root, "prod", workloads)
	account := newAccount(t, root, prod)
	reader := around.Organization{API: organizations.NewFromConfig(shared.Orchestrator())}
	c, err := reader.Chart(ctx, read())
	if err != nil {
		t.Fatal(err)
	}
	got := gate.Charted{Chart: &c}.Place(account, read())
	if diff := cmp.Diff(gate.Placed{OUs: []string{*prod, *workloads, *top}}, got); diff != "" {
		t.Error(diff)
	}
	got = gate.Charted{Chart: &c}.Place(shared.Members()[0], read())
	if diff := cmp.Diff(gate.Placed{OUs: []string{*top}}, got); diff != "" {
		t.Error(diff)
	}

	if err := shared.Inject(lab.Fault{Service: "organizations", Error: lab.FaultThrottle}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shared.ClearFaults)
	if _, err := reader.Chart(ctx, read()); fault.Of(err) != fault.Retry {
		t.Errorf("throttled: %v", err)
	}
}

// TestTagsOfAccounts: all pages of them, with the rights of the function; of an account that has left there are none.
func TestTagsOfAccounts(t *testing.T) {
	account := shared.Members()[1]
	tags := []types.Tag{}
	want := map[string]string{}
	for _, key := range []string{"env", "team", "cost", "owner", "tier"} {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String("a " + key)})
		want[key] = "a " + key
	}
	root := organizations.NewFromConfig(shared.Root(shared.Management()))
	in := &organizations.TagResourceInput{ResourceId: &account, Tags: tags}
	if _, err := root.TagResource(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	reader := around.Organization{API: organizations.NewFromConfig(shared.Orchestrator())}
	got, err := reader.Tags(t.Context(), []string{account, shared.Members()[0], "999999999999"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]map[string]string{account: want, shared.Members()[0]: {}}, got); d != "" {
		t.Error(d)
	}
}

// org is an organization that no emulator has: of thousands of accounts, and one in which accounts move while it is
// read. It pages by twenty, as AWS does.
type org struct {
	around.Organizations
	accounts, units map[string][]string // by unit
	denied          string              // a unit that nobody may look into

	mu    sync.Mutex
	calls int
}

func (o *org) count() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
}

func (o *org) ListRoots(
	context.Context, *organizations.ListRootsInput, ...func(*organizations.Options),
) (*organizations.ListRootsOutput, error) {
	o.count()
	return &organizations.ListRootsOutput{Roots: []types.Root{{Id: aws.String("r-ab12")}}}, nil
}

// page is one page of a list, and what the next one is asked for with.
func (o *org) page(all []string, token *string, size *int32) (page []string, next *string) {
	o.count()
	var from int
	_, _ = fmt.Sscan(aws.ToString(token), &from) // the first page has none
	to := min(from+int(aws.ToInt32(size)), len(all))
	if to < len(all) {
		next = aws.String(fmt.Sprint(to))
	}
	return all[from:to], next
}

func (o *org) ListAccountsForParent(
	_ context.Context, in *organizations.ListAccountsForParentInput, _ ...func(*organizations.Options),
) (*organizations.ListAccountsForParentOutput, error) {
	if *in.ParentId == o.denied {
		return nil, &types.AccessDeniedException{Message: aws.String("no")}
	}
	page, next := o.page(o.accounts[*in.ParentId], in.NextToken, in.MaxResults)
	out := &organizations.ListAccountsForParentOutput{NextToken: next}
	for _, id := range page {
		out.Accounts = append(out.Accounts, types.Account{Id: aws.String(id)})
	}
	return out, nil
}

func (o *org) ListOrganizationalUnitsForParent(
	_ context.Context, in *organizations.ListOrganizationalUnitsForParentInput, _ ...func(*organizations.Options),
) (*organizations.ListOrganizationalUnitsForParentOutput, error) {
	page, next := o.page(o.units[*in.ParentId], in.NextToken, in.MaxResults)
	out := &organizations.ListOrganizationalUnitsForParentOutput{NextToken: next}
	for _, id := range page {
		out.OrganizationalUnits = append(out.OrganizationalUnits, types.OrganizationalUnit{Id: aws.String(id)})
	}
	return out, nil
}

// large has 2,000 accounts in 100 units below 10 units.
func large() *org {
	o := &org{accounts: map[string][]string{}, units: map[string][]string{}}
	for n := range 10 {
		upper := fmt.Sprintf("ou-ab12-%08d", n)
		o.units["r-ab12"] = append(o.units["r-ab12"], upper)
		for m := range 10 {
			unit := fmt.Sprintf("ou-ab12-%04d%04d", n+1, m)
			o.units[upper] = append(o.units[upper], unit)
			for k := range 20 {
				o.accounts[unit] = append(
					o.accounts[unit],
					fmt.Sprintf("%012d", 100_000_000_000+n*10_000_000+m*10_000+k),
				)
			}
		}
	}
	return o
}

// TestLargeOrganization: it is read with two calls a unit and those of further pages, one page for twenty.
func TestLargeOrganization(t *testing.T) {
	o := large()
	c, err := around.Organization{API: o}.Chart(t.Context(), read())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Accounts()); n != 2000 || o.calls != 1+2*111 {
		t.Errorf("%d accounts, %d calls", n, o.calls)
	}
}

// TestMovedMeanwhile: what was met in two places is in neither; the others are known.
func TestMovedMeanwhile(t *testing.T) {
	o := large()
	moved, stays := o.accounts["ou-ab12-00010000"][3], o.accounts["ou-ab12-00010000"][4]
	o.accounts["r-ab12"] = []string{moved}
	c, err := around.Organization{API: o}.Chart(t.Context(), read())
	if err != nil {
		t.Fatal(err)
	}
	stored := gate.Charted{Chart: &c}
	if got := stored.Place(moved, read()); got.OUs != nil || !strings.Contains(got.Why, "was moved") {
		t.Errorf("%+v", got)
	}
	if got := stored.Place(stays, read()); len(got.OUs) != 3 {
		t.Errorf("%+v", got)
	}
}

// TestNoHalfAChart: where one unit cannot be read, or units are in each other, there is none.
func TestNoHalfAChart(t *testing.T) {
	o := large()
	o.denied = "ou-ab12-00010000"
	if c, err := (around.Organization{API: o}).Chart(t.Context(), read()); fault.Of(err) != fault.Denied ||
		c.Above != nil {
		t.Errorf("%d places, %v", len(c.Above), err)
	}
	o = large()
	for n, below := range []string{"ou-a", "ou-b", "ou-c", "ou-d", "ou-e", "ou-f", "ou-g", "ou-h"} {
		o.units[[]string{"r-ab12", "ou-a", "ou-b", "ou-c", "ou-d", "ou-e", "ou-f", "ou-g"}[n]] = []string{below}
	}
	if _, err := (around.Organization{API: o}).Chart(t.Context(), read()); fault.Of(err) != fault.Invalid {
		t.Errorf("%v", err)
	}
}

// shelf counts who reads it.
type shelf struct {
	gate.Charted
	err   error
	reads int
}

// Chart is what is stored.
func (s *shelf) Chart(context.Context) (gate.Charted, error) {
	s.reads++
	return s.Charted, s.err
}

// TestPlaced: what the chart says is looked up every few minutes, what it does not say sooner, and a clock that was put
// back makes nothing young.
func TestPlaced(t *testing.T) {
	const known, unknown = "222222222222", "333333333333"
	s := &shelf{}
	now := read()
	f := &around.Finder{Charts: s, Now: func() time.Time { return now }}
	chart := gate.Charted{Chart: &gate.Chart{At: read(), Root: "r-ab12", Above: map[string]string{known: "r-ab12"}}}
	for n, step := range []struct {
		move    time.Duration
		stored  gate.Charted
		account string
		known   bool
		reads   int
	}{
		{0, gate.Charted{}, known, false, 1},
		{29 * time.Second, chart, known, false, 1},
		{time.Second, chart, known, true, 2},
		{4 * time.Minute, chart, known, true, 2},
		{0, chart, unknown, false, 3},
		{time.Minute, chart, known, true, 3},
		{4 * time.Minute, chart, known, true, 4},
		{-2 * time.Minute, chart, known, true, 5},
	} {
		now, s.Charted = now.Add(step.move), step.stored
		got, err := f.Placed(t.Context(), step.account)
		if err != nil || got.OUs != nil != step.known || got.Asked() != true || s.reads != step.reads {
			t.Errorf("step %d: %+v, %v, %d reads, want %d", n, got, err, s.reads, step.reads)
		}
	}
	s.err = context.DeadlineExceeded
	now = now.Add(time.Hour)
	if got, err := f.Placed(t.Context(), known); err == nil {
		t.Errorf("%+v: the table did not answer, and the message has to come again", got)
	}
}
