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
		"iam:CreateServiceLinkedRole":                    "makes the service's role",
		"sts:AssumeRole":                                 "enters the administrator's account, which the opener of this test does not",
		"logs:CreateLogStream":                           "logs",
		"logs:PutLogEvents":                              "logs",
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
	return map[string]wanted{
		"all, local, withdrawn": {nil, "{securityhub: {configuration: local}, guardduty: {}, inspector: {}}", true},
		"all, local":            {map[string]string{"OnDelete": "Keep"}, "{securityhub: {configuration: local}, guardduty: {}, inspector: {}}", false},
		"central":               {map[string]string{"SecurityHub": "Central", "GuardDuty": "Off", "Inspector": "Off"}, "{securityhub: {}}", true},
		"guardduty":             {map[string]string{"SecurityHub": "Off", "Inspector": "Off"}, "{guardduty: {plans: [S3_DATA_EVENTS]}}", true},
		"inspector":             {map[string]string{"SecurityHub": "Off", "GuardDuty": "Off"}, "{inspector: {}}", true},
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

// called are the actions that a life of the stack calls in the management account: from nothing, and from a detector that
// is off; again; and withdrawn.
func called(t *testing.T, c wanted) []string {
	t.Helper()
	const region = "eu-central-1"
	wish, err := enable.Parse([]byte("{administrator: '" + lab.Administrator + "', home: " + region + ", services: " + c.services + "}"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{"fsbp-1.0.0": "arn:aws:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0"}
	if wish, err = wish.Complete(known); err != nil {
		t.Fatal(err)
	}
	r := &recording{}
	for _, off := range []bool{false, true} {
		r.Organisation, r.off = lab.New(0, region, "eu-west-1"), off
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
			Organization: org, Wish: wish, Regions: regions, Open: r, Services: enable.Services(), Now: func() time.Time { return now },
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
	// The template offers three services; the others are the command line's alone.
	for _, name := range []string{"macie", "detective", "accessanalyzer", "config"} {
		if covered[name] {
			t.Errorf("a choice has %s: take it off this list", name)
		}
		delete(covered, name)
	}
	for name, there := range covered {
		if !there {
			t.Errorf("no choice has %s", name)
		}
	}
}
