package assess

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/gate"
)

const (
	hubAccount, own = "111111111111", "222222222222"
	home            = "eu-west-1"
	cis, fsbp       = "cis-5.0.0", "fsbp-1.0.0"
)

func began() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

// world is Security Hub and the members in memory, as an assessment sees them: that calls reach AWS is shown in the
// lab, by cmd/salve's script.
type world struct {
	mu       sync.Mutex
	findings []types.AwsSecurityFinding
	pages    int           // asked
	slept    time.Duration // by the pace
	hubFails error         // every call

	opened []control.SessionRequest
	shut   map[string]error // accounts that cannot be entered

	open    map[string]bool // resources that fail
	broken  map[string]error
	reads   map[string]int
	onRead  func(resource string)
	mapping map[string]control.Control
}

func newWorld() *world {
	return &world{
		shut: map[string]error{}, open: map[string]bool{}, broken: map[string]error{}, reads: map[string]int{},
		mapping: map[string]control.Control{}, onRead: func(string) {},
	}
}

// report adds a finding of a control on a resource.
func (w *world) report(id, account, resource, status string, standards ...string) {
	w.findings = append(w.findings, types.AwsSecurityFinding{
		Id: aws.String(strconv.Itoa(len(w.findings))), AwsAccountId: &account,
		Severity: &types.Severity{Label: types.SeverityLabelHigh},
		Compliance: &types.Compliance{
			Status: types.ComplianceStatus(status), SecurityControlId: &id, AssociatedStandards: associated(standards),
		},
		Resources: []types.Resource{{Id: &resource}},
	})
}

// fails adds a resource that fails, with its finding.
func (w *world) fails(id, account, resource string, standards ...string) {
	w.open[resource] = true
	w.report(id, account, resource, finding.Failed, standards...)
}

func associated(keys []string) (out []types.AssociatedStandard) {
	for _, key := range keys {
		out = append(out, types.AssociatedStandard{StandardsId: aws.String("standards/" + key)})
	}
	return out
}

// GetFindings answers as Security Hub does, for the filters that an assessment sends.
func (w *world) GetFindings(
	ctx context.Context, in *securityhub.GetFindingsInput, _ ...func(*securityhub.Options),
) (*securityhub.GetFindingsOutput, error) {
	w.pages++
	if w.hubFails != nil {
		return nil, w.hubFails
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out, from := &securityhub.GetFindingsOutput{}, 0
	if in.NextToken != nil {
		from, _ = strconv.Atoi(*in.NextToken)
	}
	for at := from; at < len(w.findings); at++ {
		f := w.findings[at]
		if !oneOf(in.Filters.ComplianceStatus, string(f.Compliance.Status)) ||
			!oneOf(in.Filters.ComplianceSecurityControlId, *f.Compliance.SecurityControlId) ||
			!oneOf(in.Filters.AwsAccountId, *f.AwsAccountId) || !ofStandard(in.Filters, f) {
			continue
		}
		if len(out.Findings) == int(*in.MaxResults) {
			out.NextToken = aws.String(strconv.Itoa(at))
			break
		}
		out.Findings = append(out.Findings, f)
	}
	return out, nil
}

func oneOf(filters []types.StringFilter, value string) bool {
	return len(filters) == 0 || slices.ContainsFunc(filters, func(f types.StringFilter) bool {
		return *f.Value == value || f.Comparison == types.StringFilterComparisonPrefix && len(value) >= len(*f.Value) &&
			value[:len(*f.Value)] == *f.Value
	})
}

func ofStandard(filters *types.AwsSecurityFindingFilters, f types.AwsSecurityFinding) bool {
	return len(filters.ComplianceAssociatedStandardsId) == 0 ||
		slices.ContainsFunc(f.Compliance.AssociatedStandards, func(s types.AssociatedStandard) bool {
			return oneOf(filters.ComplianceAssociatedStandardsId, *s.StandardsId)
		})
}

// identify believes what tests report.
func identify(raw types.AwsSecurityFinding) (finding.Finding, error) {
	f := finding.Finding{
		Source: finding.FromControl, Account: *raw.AwsAccountId, AccountName: "name of " + *raw.AwsAccountId,
		Region: home, Partition: "aws", Control: *raw.Compliance.SecurityControlId, Severity: string(raw.Severity.Label),
		Compliance: string(raw.Compliance.Status), Workflow: finding.New, RecordState: finding.Active,
		Resource: finding.Resource{ID: *raw.Resources[0].Id, Region: home, Partition: "aws"},
	}
	if f.Control == "" {
		return f, fmt.Errorf("a finding that contradicts itself")
	}
	for _, s := range raw.Compliance.AssociatedStandards {
		f.Standards = append(f.Standards, (*s.StandardsId)[len("standards/"):])
	}
	return f, nil
}

// Open lets in, but where it is shut.
func (w *world) Open(_ context.Context, r control.SessionRequest) (aws.Config, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened = append(w.opened, r)
	return aws.Config{}, w.shut[r.Target.Account]
}

// flag is the state of a resource in the world.
type flag struct{ Open bool }

// playbook is a control that closes a resource.
func (w *world) playbook(id string, change func(*control.Info)) control.Control {
	info := control.Info{
		ID: id, Title: "Title of " + id, Impact: control.ImpactNone, Effect: "Strangers no longer get in.",
		Resources: []string{}, Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z0-9.-]+)$`),
		Actions: []string{"s3:GetBucketPolicy", "s3:PutBucketPolicy"},
	}
	if change != nil {
		change(&info)
	}
	c := control.Of[flag]{
		Info: info,
		Read: func(ctx context.Context, env control.Env) (flag, error) {
			w.onRead(env.Target.Resource)
			if err := ctx.Err(); err != nil {
				return flag{}, err
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.reads[id+" "+env.Target.Resource]++
			return flag{w.open[env.Target.Resource]}, w.broken[env.Target.Resource]
		},
		Want:  func(flag, control.Env) (flag, error) { return flag{}, nil },
		Write: func(context.Context, control.Env, flag, flag) error { panic("an assessment wrote") },
	}.Control()
	w.mapping[id] = c
	return c
}

// assessment is one of the world with a journal.
func (w *world) assessment(j *Journal) *Assessment {
	clock := began()
	return &Assessment{
		Journal: j, Findings: w, Sessions: w, Identify: identify, Regions: []string{home}, Partition: "aws", Actor: "ann",
		Standards: []Standard{
			{cis, "CIS", "standards/" + cis, []string{"S3.1", "S3.2", "S3.3", "S3.4", "EC2.1"}},
			{fsbp, "FSBP", "standards/" + fsbp, []string{"S3.1", "S3.2"}},
		},
		Playbook: func(id string) (control.Control, bool) { c, ok := w.mapping[id]; return c, ok },
		Config:   gate.Config{}, Now: func() time.Time { return clock },
		Sleep: func(ctx context.Context, d time.Duration) error {
			clock, w.slept = clock.Add(d), w.slept+d
			return ctx.Err()
		},
		Workers: 3, Said: func(Progress) {},
	}
}

// head is what the tests' assessments are about.
func head() Head {
	return Head{Release: "1.0.0", Account: hubAccount, Region: home, As: "through the hub", Began: began()}
}

// journal opens one in a folder of its own.
func journal(t *testing.T, want Head) *Journal {
	t.Helper()
	j, err := Open(filepath.Join(t.TempDir(), "journal"), want, false)
	if err != nil {
		t.Fatal(err)
	}
	j.sync = func(*os.File) error { return nil } // no machine fails in a test
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// assessed runs an assessment to its end and returns what it says.
func (w *world) assessed(t *testing.T, j *Journal) Summary {
	t.Helper()
	a := w.assessment(j)
	if err := a.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := j.Report()
	sum, err := a.Summarise(r)
	if err != nil {
		t.Fatal(err)
	}
	sum.Work = slices.Collect(r.Rows())
	return sum
}
