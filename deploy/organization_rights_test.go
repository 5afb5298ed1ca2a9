package deploy_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/macie2/types"

	"github.com/salve-security/salve/internal/calls"
	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// ofServices are rights that no step calls for: services use them in the name of whoever names their administrator.
// Source: GuardDuty and Inspector user guides, permissions required to designate an administrator; the managed policy
// AWSSecurityHubOrganizationsAccess. And what the function itself needs to run.
func ofServices() map[string]string {
	return map[string]string{
		"organizations:EnableAWSServiceAccess":           "trusts the service",
		"organizations:RegisterDelegatedAdministrator":   "registers the administrator",
		"organizations:DeregisterDelegatedAdministrator": "takes that back",
		"organizations:ListDelegatedAdministrators":      "looks who it is",
		"organizations:DescribeAccount":                  "looks whether the administrator is there",
		"organizations:DescribeOrganizationalUnit":       "looks where it is",
		"iam:PassRole":                "gives AWS Config its own role",
		"iam:CreateServiceLinkedRole": "makes the service's role",
		"sts:AssumeRole":              "enters accounts, which the opener of this test needs no role for",
		"logs:CreateLogStream":        "logs",
		"logs:PutLogEvents":           "logs",
	}
}

// wanted is a way to want services, as parameters of the template and as the document.
type wanted struct {
	parameters map[string]string
	services   string
	withdraw   bool
}

// choices cover each service and each way to have it. One that is new fails TestOrganizationRights until it is here and
// in the template.
func choices() map[string]wanted {
	const all = "{securityhub: {configuration: local}, guardduty: {}, inspector: {}, macie: {}, detective: {}, " +
		"accessanalyzer: {unused: true}, config: {recorders: true, bucket: amzn-s3-demo-bucket}}"
	only := func(services string, on ...string) wanted {
		parameters := map[string]string{
			"SecurityHub": "Off", "GuardDuty": "Off", "Inspector": "Off", "Macie": "Off", "Detective": "Off",
			"AccessAnalyzer": "Off", "Config": "Off",
		}
		for i := 0; i < len(on); i += 2 {
			parameters[on[i]] = on[i+1]
		}
		return wanted{parameters, services, true}
	}
	return map[string]wanted{
		"all, withdrawn": {nil, all, true},
		"all":            {map[string]string{"OnDelete": "Keep"}, all, false},
		"central":        only("{securityhub: {}}", "SecurityHub", "Central"),
		"local":          only("{securityhub: {configuration: local}}", "SecurityHub", "Local"),
		"guardduty":      only("{guardduty: {plans: [S3_DATA_EVENTS]}}", "GuardDuty", "On"),
		"inspector":      only("{inspector: {}}", "Inspector", "On"),
		"macie":          only("{macie: {}}", "Macie", "On"),
		"detective":      only("{detective: {}}", "Detective", "On"),
		"external":       only("{accessanalyzer: {}}", "AccessAnalyzer", "External"),
		"unused":         only("{accessanalyzer: {unused: true}}", "AccessAnalyzer", "Unused"),
		"aggregator":     only("{config: {}}", "Config", "Aggregator"),
		"recorders": only("{config: {recorders: true, bucket: amzn-s3-demo-bucket}}", "Config", "Recorders",
			"ConfigBucket", "amzn-s3-demo-bucket"),
	}
}

// recording opens accounts and writes down what is called in the management account.
type recording struct {
	*lab.Organisation
	in calls.Recorder
	// off has the management account begin with detectors that somebody has switched off. The lab's are always on, so this
	// stands in for it until they are switched on.
	off bool
	on  sync.Map // by path
}

func (r *recording) As(account, region string) (aws.Config, error) {
	cfg, err := r.Organisation.As(account, region)
	if account == lab.Management {
		r.in.AddTo(&cfg)
		cfg.HTTPClient = r
	}
	return cfg, err
}

// Do implements aws.HTTPClient.
func (r *recording) Do(call *http.Request) (*http.Response, error) {
	answer, err := r.Organisation.Do(call)
	if err != nil || !r.off || !strings.HasPrefix(call.URL.Path, "/detector/") {
		return answer, err
	}
	if call.Method == http.MethodPost {
		r.on.Store(call.URL.Path, true)
	} else if _, on := r.on.Load(call.URL.Path); !on {
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return nil, err
		}
		answer.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte(`"ENABLED"`), []byte(`"DISABLED"`), 1)))
	}
	return answer, nil
}

// called are the actions that a life of the stack calls in the management account: from nothing, and from a detector
// that is off; again; and withdrawn.
func called(t *testing.T, c wanted) []string {
	t.Helper()
	const region = "eu-central-1"
	wish, err := enable.Parse(
		[]byte("{administrator: '" + lab.Administrator + "', home: " + region + ", services: " + c.services + "}"),
	)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{
		"fsbp-1.0.0": "arn:aws:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
	}
	if wish, err = wish.Complete(known); err != nil {
		t.Fatal(err)
	}
	r := &recording{}
	for _, off := range []bool{false, true} {
		r.Organisation, r.off = lab.New(0, region, "eu-west-1"), off
		if off {
			paused(t, r.Organisation, region)
		}
		cfg, _ := r.As(lab.Management, region)
		org, err := enable.Read(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		regions, err := enable.Regions(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		run := &enable.Run{
			Organization: org, Wish: wish, Regions: regions, Open: r, Services: enable.Services(),
			Now: func() time.Time { return now },
			Sleep: func(_ context.Context, d time.Duration) error {
				now = now.Add(d)
				return nil
			},
		}
		rows := slices.Concat(run.Enable(t.Context()), run.Enable(t.Context()))
		if c.withdraw {
			rows = append(rows, run.Withdraw(t.Context())...)
		}
		for _, row := range rows {
			if row.Open() {
				t.Errorf("%+v", row)
			}
		}
	}
	return r.in.Actions()
}

// paused is a management account in which somebody has had Macie take a rest.
func paused(t *testing.T, o *lab.Organisation, region string) {
	t.Helper()
	cfg, _ := o.As(lab.Management, region)
	client := macie2.NewFromConfig(cfg)
	_, err := client.EnableMacie(t.Context(), &macie2.EnableMacieInput{})
	if err == nil {
		_, err = client.UpdateMacieSession(t.Context(), &macie2.UpdateMacieSessionInput{Status: types.MacieStatusPaused})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// granted are the actions that the role of a stack allows.
func granted(t *testing.T, s stack) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for id, statement := range s.statements() {
		if id == "LambdaRuns" {
			continue
		}
		if statement.body["Effect"] != "Allow" {
			t.Errorf("%s denies: what is not allowed is denied", id)
		}
		for _, action := range texts(t, statement.body["Action"]) {
			if strings.Contains(action, "*") {
				t.Errorf("%s allows more than it names: %s", id, action)
			}
			all[action] = true
		}
	}
	return all
}

// TestOrganizationRights: the role may what the steps of what was chosen call, and what services do in its name; and
// nothing more, whatever was chosen.
func TestOrganizationRights(t *testing.T) {
	covered := map[string]bool{}
	for name, c := range choices() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			may, needs := granted(t, ofManagement(t, c.parameters)), called(t, c)
			for _, action := range needs {
				if !may[action] {
					t.Errorf("the role lacks %s: add it to deploy/organization.yaml", action)
				}
			}
			for _, action := range slices.Sorted(maps.Keys(may)) {
				if !slices.Contains(needs, action) && ofServices()[action] == "" {
					t.Errorf("nothing calls %s: take it off deploy/organization.yaml", action)
				}
			}
			if len(needs) < 8 {
				t.Errorf("only %v were called", needs)
			}
		})
		for _, s := range enable.Services() {
			covered[s.Name()] = covered[s.Name()] || strings.Contains(c.services, s.Name()+":")
		}
	}
	for name, there := range covered {
		if !there {
			t.Errorf("no choice has %s", name)
		}
	}
}
