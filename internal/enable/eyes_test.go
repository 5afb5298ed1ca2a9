package enable_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// TestTwoAtOnce: what somebody else did meanwhile is done, however AWS calls a second try.
func TestTwoAtOnce(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := lab.New(1, home, other)
			w := wish(t, services)
			rows := make([][]enable.Row, 2)
			var both sync.WaitGroup
			for i := range rows {
				run := begin(t, o, w)
				both.Go(func() { rows[i] = run.Enable(t.Context()) })
			}
			both.Wait()
			for _, of := range rows {
				only(t, of, enable.Done, enable.Right)
			}
		})
	}
}

// TestDoneMeanwhile: a step that AWS refuses because it is done already is looked at before it is tried again.
func TestDoneMeanwhile(t *testing.T) {
	o := lab.New(0, home)
	w := wish(t, every()["plans"])
	made := false
	o.Fail(func(c lab.Call) error {
		if c.Account != lab.Management || made || c.Name != "guardduty POST /detector" {
			return nil
		}
		made = true
		cfg, _ := o.As(lab.Management, home)
		if err := detector(t.Context(), cfg); err != nil {
			t.Error(err)
		}
		return lab.Says(http.StatusBadRequest, "BadRequestException", "a detector already exists for the current account")
	})
	only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
	if !made {
		t.Error("nothing was refused")
	}
}

// TestRefusedKey: a key that AWS does not know is no Region without the service, where the service has to be.
func TestRefusedKey(t *testing.T) {
	for _, code := range []string{"UnrecognizedClientException", "SubscriptionRequiredException"} {
		o := lab.New(0, home)
		o.Fail(func(c lab.Call) error {
			if strings.HasPrefix(c.Name, "guardduty ") {
				return lab.Says(http.StatusForbidden, code, "The security token included in the request is invalid.")
			}
			return nil
		})
		rows := begin(t, o, wish(t, every()["plans"])).Enable(t.Context())
		if rows[0].State != enable.Failed || !rows[0].Open() {
			t.Errorf("%s: %+v", code, rows[0])
		}
	}
}

// TestPlansTellPrices: what is billed is in the first plan, before anything can be looked at.
func TestPlansTellPrices(t *testing.T) {
	for name, services := range every() {
		if name == "external" || strings.HasPrefix(name, "aggregator") {
			continue // free of charge
		}
		priced := false
		rows := begin(t, lab.New(0, home), wish(t, services)).Plan(t.Context())
		for _, r := range rows {
			priced = priced || r.Price != ""
		}
		if !priced {
			t.Errorf("%s: no row says what is billed: %+v", name, rows)
		}
	}
}

// TestCentralKeepsItsAdministrator: what AWS has decides, not what the document says.
func TestCentralKeepsItsAdministrator(t *testing.T) {
	o := lab.New(0, home, other)
	only(t, begin(t, o, wish(t, every()["central"])).Enable(t.Context()), enable.Done, enable.Right)
	for _, r := range begin(t, o, wish(t, every()["local"])).Withdraw(t.Context()) {
		if r.Step == "delegated administrator" && (r.State != enable.Left || !strings.Contains(r.Detail, "centrally")) {
			t.Errorf("%+v", r)
		}
	}
}

// TestMoreRegionsLater: an aggregator of some Regions becomes one of all, and AWS hears of no list then.
func TestMoreRegionsLater(t *testing.T) {
	o := lab.New(0, home, other, third)
	some := wish(t, every()["local"])
	some.Regions = []string{home, other}
	only(t, begin(t, o, some).Enable(t.Context()), enable.Done, enable.Right)
	rows := begin(t, o, wish(t, every()["local"])).Enable(t.Context())
	only(t, rows, enable.Done, enable.Right)
	if got := states(rows)["securityhub "+home+" aggregation of findings"]; got != enable.Done {
		t.Errorf("the aggregation is %s", got)
	}
}

// TestDocuments: what cannot be meant is refused, with the field in the sentence.
func TestDocuments(t *testing.T) {
	const outsider = `{account: "888888888888", email: a@b}`
	const who = "administrator: \"" + lab.Administrator + "\"\n"
	for text, want := range map[string]string{
		"services: {}":                                                         "services: name at least one",
		"services: {guardduty: }":                                              "services: name at least one",
		"home: x":                                                              "services: name at least one",
		"services: {inspector: {scans: []}}":                                   "services.inspector.scans is empty",
		"services: {inspector: {scans: [ec2, ec2]}}":                           "twice",
		"services: {guardduty: {plans: [S3]}}":                                 "services.guardduty.plans",
		"services: {securityhub: {standards: [x]}}":                            "services.securityhub.standards",
		"services: {securityhub: {configuration: all}}":                        "services.securityhub.configuration",
		"services: {securityhub: {standards: [fsbp-1.0.0, fsbp-1.0.0]}}":       "stands there twice",
		"services: {config: {recorders: true}}":                                "services.config.bucket",
		"services: {macie: {}}\nregions: [" + other + "]":                      "home",
		"services: {macie: {}}\n---\nservices: {guardduty: {}}":                "line 4: the document begins a second time",
		"services: {macie: {}}\noutside: [{account: \"1\", email: a@b}]":       "outside, entry 1",
		"services: {macie: {}}\noutside: [" + outsider + ", " + outsider + "]": "twice",
	} {
		w, err := enable.Parse([]byte(who + homeOf(text) + text + "\n"))
		if err == nil {
			_, err = w.Complete(known())
		}
		if fault.Of(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// homeOf is the line of the home Region, unless the document has one.
func homeOf(text string) string {
	if strings.HasPrefix(text, "home:") {
		return ""
	}
	return "home: " + home + "\n"
}

// detector makes one as its account does.
func detector(ctx context.Context, cfg aws.Config) error {
	_, err := guardduty.NewFromConfig(cfg).CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)})
	return err
}
