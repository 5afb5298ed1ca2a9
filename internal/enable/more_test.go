package enable_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	macietypes "github.com/aws/aws-sdk-go-v2/service/macie2/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// one is the row about a step, without an account.
func one(t *testing.T, rows []enable.Row, region, step string) enable.Row {
	t.Helper()
	for _, r := range rows {
		if r.Region == region && r.Step == step && (r.Account == "" || r.Account == "some") {
			return r
		}
	}
	t.Fatalf("no row about %s in %s: %+v", step, region, rows)
	return enable.Row{}
}

// about is what rows say of an account.
func about(rows []enable.Row, account string) string {
	for _, r := range rows {
		if r.Account == account {
			return string(r.State) + ": " + r.Detail
		}
	}
	return ""
}

// TestControlTower: its Audit account is known, and recorders are left to it.
func TestControlTower(t *testing.T) {
	o := lab.New(0, home, other)
	o.World.Call(lab.Two, "Audit")
	w := wish(t, every()["recorders"])
	if org := begin(t, o, w).Organization; org.ControlTower || org.Audit != "" {
		t.Errorf("an account of that name is nothing by itself: %+v", org)
	}
	o.World.Trust("controltower.amazonaws.com")
	run := begin(t, o, w)
	if org := run.Organization; !org.ControlTower || org.Audit != lab.Two {
		t.Errorf("%+v", org)
	}
	rows := run.Enable(t.Context())
	only(t, rows, enable.Done, enable.Right, enable.Left)
	for _, region := range []string{home, other} {
		if r := one(t, rows, region, "recorders"); r.State != enable.Left || !strings.Contains(r.Detail, "Control Tower") {
			t.Errorf("%+v", r)
		}
	}
	if places := fmt.Sprint(o.Places()); strings.Contains(places, "recorder ") {
		t.Error(places)
	}
}

// TestSuspended: nothing is asked of an account that is suspended, and all others are done.
func TestSuspended(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			o := lab.New(0, home)
			o.World.Suspend(lab.Three)
			o.Shut(lab.Three)
			run := begin(t, o, wish(t, services))
			if run.Organization.Has(lab.Three) || len(run.Organization.Accounts) != 4 {
				t.Errorf("%+v", run.Organization.Accounts)
			}
			only(t, run.Enable(t.Context()), enable.Done, enable.Right)
		})
	}
}

// TestConstraint: what AWS Organizations will not have is said with what to do, and nobody waits.
func TestConstraint(t *testing.T) {
	o := lab.New(0, home)
	o.World.Suspend(lab.Administrator)
	run := begin(t, o, wish(t, every()["analyzers"]))
	begun := run.Now()
	rows := run.Enable(t.Context())
	r := one(t, rows, home, "delegated administrator")
	if r.State != enable.Blocked || !strings.Contains(r.Detail, "the administrator's account is suspended") {
		t.Errorf("%+v", r)
	}
	if run.Now() != begun {
		t.Errorf("it waited for %s", run.Now().Sub(begun))
	}
}

// TestManagementAdministers: services that take the management account as administrator get it without delegation.
func TestManagementAdministers(t *testing.T) {
	for _, name := range []string{"macie", "detective", "analyzers", "aggregator", "recorders"} {
		t.Run(name, func(t *testing.T) {
			o := lab.New(0, home, other)
			w := wish(t, every()[name])
			w.Administrator = lab.Management
			only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
			only(t, begin(t, o, w).Enable(t.Context()), enable.Right)
		})
	}
}

// TestPausedMacie: in the administrator's account it is resumed; a member that its administrator has paused is not.
func TestPausedMacie(t *testing.T) {
	o := lab.New(0, home)
	cfg, _ := o.As(lab.Administrator, home)
	client := macie2.NewFromConfig(cfg)
	got(client.EnableMacie(t.Context(), &macie2.EnableMacieInput{}))(t)
	got(client.UpdateMacieSession(t.Context(), &macie2.UpdateMacieSessionInput{Status: macietypes.MacieStatusPaused}))(t)
	o.World.Join("macie2", home, lab.One, "Paused")
	rows := begin(t, o, wish(t, every()["macie"])).Enable(t.Context())
	if r := one(t, rows, home, "Macie of the administrator"); r.State != enable.Done || r.Detail != "was: paused" {
		t.Errorf("%+v", r)
	}
	if said := about(rows, lab.One); !strings.Contains(said, "Macie is paused there") {
		t.Error(said)
	}
	if r := one(t, rows, home, "accounts"); r.Is != "3 of 4 enrolled" {
		t.Errorf("%+v", r)
	}
}

// TestDisabledInDetective: why an account adds nothing is said, with what to do.
func TestDisabledInDetective(t *testing.T) {
	o := lab.New(0, home)
	o.World.Join("detective", home, lab.One, "ACCEPTED_BUT_DISABLED")
	rows := begin(t, o, wish(t, every()["detective"])).Enable(t.Context())
	if said := about(rows, lab.One); !strings.Contains(said, "enrol it in GuardDuty") {
		t.Error(said)
	}
}

// TestDetectivesDelegation: whom AWS Organizations has as its administrator Detective has, also in other Regions.
func TestDetectivesDelegation(t *testing.T) {
	o := lab.New(0, home)
	delegate(t, o, lab.Two, "detective.amazonaws.com")
	rows := begin(t, o, wish(t, every()["detective"])).Enable(t.Context())
	if rows[0].State != enable.Blocked || !strings.Contains(rows[0].Detail, lab.Two) {
		t.Errorf("%+v", rows[0])
	}
	w := wish(t, every()["detective"])
	w.Administrator = lab.Two
	only(t, begin(t, o, w).Enable(t.Context()), enable.Done)
}

// delegate registers an account for a service, as somebody has done before.
func delegate(t *testing.T, o *lab.Organisation, account, principal string) {
	t.Helper()
	cfg, _ := o.As(lab.Management, home)
	client := organizations.NewFromConfig(cfg)
	got(client.EnableAWSServiceAccess(t.Context(), &organizations.EnableAWSServiceAccessInput{
		ServicePrincipal: &principal,
	}))(t)
	got(client.RegisterDelegatedAdministrator(t.Context(), &organizations.RegisterDelegatedAdministratorInput{
		AccountId: &account, ServicePrincipal: &principal,
	}))(t)
}

func got[T any](out T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// analyze makes an analyzer of the administrator's, as somebody has done before.
func analyze(t *testing.T, o *lab.Organisation, name string, kind types.Type) *accessanalyzer.Client {
	t.Helper()
	cfg, _ := o.As(lab.Administrator, home)
	client := accessanalyzer.NewFromConfig(cfg)
	got(client.CreateAnalyzer(t.Context(), &accessanalyzer.CreateAnalyzerInput{AnalyzerName: &name, Type: kind}))(t)
	return client
}

// TestAnalyzerOfTheirs: an analyzer of the organization is right by whatever name, and stays when Salve goes.
func TestAnalyzerOfTheirs(t *testing.T) {
	o := lab.New(0, home)
	delegate(t, o, lab.Administrator, "access-analyzer.amazonaws.com")
	for _, kind := range []types.Type{types.TypeAccount, types.TypeAccountUnusedAccess, types.TypeAccountInternalAccess} {
		analyze(t, o, "a-"+string(kind), kind) // a page before it
	}
	client := analyze(t, o, "theirs", types.TypeOrganization)
	w := wish(t, "  accessanalyzer: {}\n")
	rows := begin(t, o, w).Enable(t.Context())
	if r := one(t, rows, home, "analyzer of external access"); !strings.HasPrefix(r.Is, "theirs, ") {
		t.Errorf("%+v", r)
	}
	rows = begin(t, o, w).Withdraw(t.Context())
	r := one(t, rows, home, "analyzer of external access")
	if r.State != enable.Left || !strings.Contains(r.Detail, "not Salve's") {
		t.Errorf("%+v", r)
	}
	out := got(client.ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{}))(t)
	if len(out.Analyzers) != 3 || out.NextToken == nil {
		t.Errorf("%+v", out)
	}
}

// TestNameOfAnAnalyzer: another analyzer that has the name is not touched.
func TestNameOfAnAnalyzer(t *testing.T) {
	o := lab.New(0, home)
	analyze(t, o, "salve-organization", types.TypeAccount)
	rows := begin(t, o, wish(t, "  accessanalyzer: {}\n")).Enable(t.Context())
	r := one(t, rows, home, "analyzer of external access")
	if r.State != enable.Blocked || !strings.Contains(r.Detail, "ACCOUNT") {
		t.Errorf("%+v", r)
	}
}

// TestUnusedAccess is analyzed, and billed, at home alone and where it is asked for.
func TestUnusedAccess(t *testing.T) {
	for services, wanted := range map[string]int{"  accessanalyzer: {}\n": 0, "  accessanalyzer: {unused: true}\n": 1} {
		found := 0
		for _, r := range begin(t, lab.New(0, home, other), wish(t, services)).Plan(t.Context()) {
			if r.Step == "analyzer of unused access" {
				found++
				if r.Region != home || r.State != enable.Missing || r.Price == "" {
					t.Errorf("%+v", r)
				}
			}
		}
		if found != wanted {
			t.Errorf("%s: %d rows", services, found)
		}
	}
}

// aggregate makes an aggregator of the organization, as somebody has done before.
func aggregate(t *testing.T, o *lab.Organisation, name string, regions ...string) {
	t.Helper()
	cfg, _ := o.As(lab.Administrator, home)
	in := &configservice.PutConfigurationAggregatorInput{
		ConfigurationAggregatorName: &name,
		OrganizationAggregationSource: &configtypes.OrganizationAggregationSource{
			RoleArn:       aws.String("arn:aws:iam::" + lab.Administrator + ":role/theirs"),
			AllAwsRegions: len(regions) == 0, AwsRegions: regions,
		},
	}
	got(configservice.NewFromConfig(cfg).PutConfigurationAggregator(t.Context(), in))(t)
}

// TestAggregatorOfTheirs: one that covers the organization is right, with its role; those that cover less do not count
// and stay.
func TestAggregatorOfTheirs(t *testing.T) {
	o := lab.New(0, home)
	delegate(t, o, lab.Administrator, "config.amazonaws.com")
	for _, name := range []string{"a", "b", "c", "d"} { // more than a page
		aggregate(t, o, name, other)
	}
	rows := begin(t, o, wish(t, every()["aggregator"])).Plan(t.Context())
	if r := one(t, rows, home, "aggregator"); r.State != enable.Missing {
		t.Errorf("%+v", r)
	}
	aggregate(t, o, "theirs")
	rows = begin(t, o, wish(t, every()["aggregator"])).Enable(t.Context())
	only(t, rows, enable.Done, enable.Right)
	if r := one(t, rows, home, "aggregator"); r.State != enable.Right || r.Is != "theirs" {
		t.Errorf("%+v", r)
	}
	r := one(t, rows, home, "role of the aggregator")
	if r.State != enable.Right || !strings.HasSuffix(r.Is, "role/theirs") {
		t.Errorf("%+v", r)
	}
	before := o.Places()["config "+home]
	rows = begin(t, o, wish(t, every()["aggregator"])).Withdraw(t.Context())
	only(t, rows, enable.Back, enable.Left)
	if fmt.Sprint(o.Places()["config "+home]) != fmt.Sprint(before) {
		t.Errorf("an aggregator of theirs is gone: %v", o.Places())
	}
}

// TestRecordersOfTheirs: a recorder that is there is never changed. One that is on counts; one that is off is told.
func TestRecordersOfTheirs(t *testing.T) {
	o := lab.New(0, home)
	o.World.Record(home, lab.One, "default", true)
	o.World.Record(home, lab.Two, "default", false)
	o.World.Record(home, lab.Three, "salve", false) // Salve's once, and somebody has stopped it
	rows := begin(t, o, wish(t, every()["recorders"])).Enable(t.Context())
	r := one(t, rows, home, "recorders")
	if r.State != enable.Failed || r.Is != "on in 3 of 5" || r.Price == "" {
		t.Errorf("%+v", r)
	}
	for _, account := range []string{lab.Two, lab.Three} {
		if said := about(rows, account); !strings.Contains(said, "is off: whoever made it turns it on") {
			t.Errorf("%s: %s", account, said)
		}
	}
	if said := about(rows, lab.One); said != "" {
		t.Error(said)
	}
	if places := fmt.Sprint(o.Places()); strings.Count(places, "channel "+lab.One+":theirs") != 1 {
		t.Error(places)
	}
}

// TestRecorderOfOneAccount: an account that AWS Config refuses is a row, and so is one where the Region is not enabled.
func TestRecorderOfOneAccount(t *testing.T) {
	for code, sentence := range map[string]string{
		"InsufficientDeliveryPolicyException": "have AWS Config deliver to amzn-s3-demo-bucket: Config Service PutDeliveryChannel failed: " +
			"InsufficientDeliveryPolicyException",
		"UnrecognizedClientException": "the Region is not enabled in the account",
	} {
		o := lab.New(0, home)
		run := begin(t, o, wish(t, every()["recorders"]))
		o.Fail(func(c lab.Call) error {
			deliver := strings.Contains(c.Name, "PutDeliveryChannel") || code == "UnrecognizedClientException"
			if c.Account == lab.Two && deliver && strings.HasPrefix(c.Name, "config ") {
				return lab.Says(400, code, "The policy of the bucket does not let AWS Config in.")
			}
			return nil
		})
		rows := run.Enable(t.Context())
		if r := one(t, rows, home, "recorders"); r.State != enable.Failed || r.Is != "on in 4 of 5" {
			t.Errorf("%s: %+v", code, r)
		}
		if said := about(rows, lab.Two); !strings.Contains(said, sentence) {
			t.Errorf("%s: %s", code, said)
		}
		o.Fail(nil)
		only(t, begin(t, o, wish(t, every()["recorders"])).Enable(t.Context()), enable.Done, enable.Right)
	}
}

// TestStatus: once all is on, every account is in every service's list.
func TestStatus(t *testing.T) {
	want := map[string]string{
		"macie": "Enabled", "detective": "ENABLED", "analyzers": "covered", "aggregator": "aggregated",
		"recorders": "recording",
	}
	for name, state := range want {
		o := lab.New(0, home)
		w := wish(t, every()[name])
		run := begin(t, o, w)
		only(t, run.Enable(t.Context()), enable.Done, enable.Right)
		for _, s := range enable.Services() {
			if !w.Asked(s.Name()) {
				continue
			}
			all := got(s.Accounts(t.Context(), enable.Env{Organization: run.Organization, Wish: w, Region: home, Open: o}))(t)
			if len(all) != 5 {
				t.Errorf("%s: %+v", name, all)
			}
			for _, a := range all {
				if a.State != state && a.Account != lab.Administrator {
					t.Errorf("%s: %+v", name, a)
				}
			}
		}
	}
}
