package guardduty_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	playbook "github.com/salve-security/salve/functions/playbooks/guardduty"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const account = "AWS::::Account:" + playbooktest.DefaultAccount

// An account is one resource: every case starts by putting GuardDuty back to where the start has it.
func TestDetector(t *testing.T) {
	const one = "a fix needs one of create and update: the other start shows it"
	for name, start := range map[string]struct {
		seed    func(context.Context, *testing.T, aws.Config) string
		disturb playbooktest.Act
		skip    map[string]string
		unseen  map[string]string
	}{
		"no detector": {
			withoutDetector,
			func(ctx context.Context, t *testing.T, root aws.Config, _ string) { t.Helper(); disabled(ctx, t, root) },
			map[string]string{playbooktest.CaseUnrelated: "before the fix there is nothing to change"},
			map[string]string{"guardduty:UpdateDetector": one},
		},
		"disabled": {
			disabled, nil, // two values
			map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"},
			map[string]string{"guardduty:CreateDetector": one, "guardduty:DeleteDetector": one},
		},
	} {
		t.Run(name, func(t *testing.T) {
			start.unseen["iam:CreateServiceLinkedRole"] = "GuardDuty makes the call on the session's behalf"
			start.skip[playbooktest.CaseGone] = "an account that reports findings is there"
			start.skip[playbooktest.CaseNarrow] = "one account has one detector in a Region"
			playbooktest.Run(t, playbooktest.Suite{
				Control: playbooktest.Pick(t, playbook.Detector(), "GuardDuty.1"),
				Seed:    start.seed, Observe: observe, Disturb: start.disturb, Unrelated: publishHourly,
				Skip: start.skip, Unseen: start.unseen,
			})
		})
	}
}

func ids(ctx context.Context, t *testing.T, client *guardduty.Client) []string {
	t.Helper()
	return playbooktest.Got(client.ListDetectors(ctx, nil))(t).DetectorIds
}

func withoutDetector(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client := guardduty.NewFromConfig(root)
	for _, id := range ids(ctx, t, client) {
		playbooktest.Got(client.DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: &id}))(t)
	}
	return account
}

func disabled(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	in := &guardduty.CreateDetectorInput{Enable: aws.Bool(false)}
	withoutDetector(ctx, t, root)
	playbooktest.Got(guardduty.NewFromConfig(root).CreateDetector(ctx, in))(t)
	return account
}

func publishHourly(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	client := guardduty.NewFromConfig(root)
	playbooktest.Got(client.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
		DetectorId: &ids(ctx, t, client)[0], FindingPublishingFrequency: types.FindingPublishingFrequencyOneHour,
	}))(t)
}

// observe returns what another client sees of each detector.
func observe(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
	t.Helper()
	client, all := guardduty.NewFromConfig(root), [][2]string{}
	for _, id := range ids(ctx, t, client) {
		d := playbooktest.Got(client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id}))(t)
		all = append(all, [2]string{string(d.Status), string(d.FindingPublishingFrequency)})
	}
	return all
}

// service is a GuardDuty that keeps what it was asked to write. The lab's own replaces all features with those
// of an update, which AWS merges.
type service struct {
	status types.DetectorStatus // empty is no detector
	on     []types.DetectorFeatureResult
	sent   any // the last create or update
}

func (s *service) standIn() playbooktest.StandIn {
	return playbooktest.StandIn{
		// The first page is empty, which AWS allows itself with any list.
		"ListDetectors": func(in any) (any, error) {
			switch {
			case in.(*guardduty.ListDetectorsInput).NextToken == nil:
				return &guardduty.ListDetectorsOutput{NextToken: aws.String("more")}, nil
			case s.status == "":
				return &guardduty.ListDetectorsOutput{}, nil
			}
			return &guardduty.ListDetectorsOutput{DetectorIds: []string{"d1"}}, nil
		},
		"GetDetector": func(any) (any, error) {
			all := []types.DetectorFeatureConfigurationResult{
				{Name: types.DetectorFeatureResultEbsMalwareProtection, Status: types.FeatureStatusDisabled},
			}
			for _, name := range s.on {
				all = append(all, types.DetectorFeatureConfigurationResult{Name: name, Status: types.FeatureStatusEnabled})
			}
			return &guardduty.GetDetectorOutput{Status: s.status, Features: all}, nil
		},
		"CreateDetector": func(in any) (any, error) { s.sent = in; return &guardduty.CreateDetectorOutput{}, nil },
		"UpdateDetector": func(in any) (any, error) { s.sent = in; return &guardduty.UpdateDetectorOutput{}, nil },
	}
}

// sends wants a call, and nothing else in it.
func (s *service) sends(t *testing.T, want any) {
	t.Helper()
	if d := cmp.Diff(want, s.sent,
		cmpopts.IgnoreUnexported(guardduty.CreateDetectorInput{}, guardduty.UpdateDetectorInput{}),
		cmpopts.IgnoreUnexported(types.DetectorFeatureConfiguration{}),
		cmpopts.IgnoreFields(guardduty.CreateDetectorInput{}, "ClientToken"),
	); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
}

func create(features ...types.DetectorFeatureConfiguration) *guardduty.CreateDetectorInput {
	return &guardduty.CreateDetectorInput{Enable: aws.Bool(true), Features: features}
}

func enable(features ...types.DetectorFeatureConfiguration) *guardduty.UpdateDetectorInput {
	return &guardduty.UpdateDetectorInput{DetectorId: aws.String("d1"), Enable: aws.Bool(true), Features: features}
}

func plus(name types.DetectorFeature) types.DetectorFeatureConfiguration {
	return types.DetectorFeatureConfiguration{Name: name, Status: types.FeatureStatusEnabled}
}

const (
	s3, malware, lambda = "S3_DATA_EVENTS", "EBS_MALWARE_PROTECTION", "LAMBDA_NETWORK_LOGS"

	planNew     = "  + Detector {\"Enabled\":true}\n"
	planEnable  = "  ~ Detector.Enabled: false → true\n"
	planMalware = "  ~ Detector.Features.EBS_MALWARE_PROTECTION: none → true\n"
)

// detector is the control, and what a run of it works with.
func (s *service) detector(t *testing.T, features any) (control.Control, control.Env) {
	t.Helper()
	c := playbooktest.Pick(t, playbook.Detector(), "GuardDuty.1")
	return c, playbooktest.Env(t, c, account, s.standIn(), playbooktest.With(map[string]any{"features": features}))
}

// A detector is made only where there is none, and not where one appeared since the plan; for one that went away the
// plan no longer holds. Features are named one by one, only where they change, and never as data sources.
//
// better: GuardDuty.1 makes a detector only where there is none
// better: GuardDuty.1 names features, not data sources
func TestFeatures(t *testing.T) {
	const on, off, none = types.DetectorStatusEnabled, types.DetectorStatusDisabled, types.DetectorStatus("")
	for name, tc := range map[string]struct {
		planned, written types.DetectorStatus // what there is then
		asked            []string
		plan             string
		class            fault.Class
		sent             any
	}{
		"none": {none, none, nil, planNew, fault.None, create()},
		"none, with features": {
			none, none,
			[]string{s3, lambda},
			"  + Detector {\"Enabled\":true,\"Features\":{\"LAMBDA_NETWORK_LOGS\":true,\"S3_DATA_EVENTS\":true}}\n",
			fault.None, create(plus(lambda), plus(s3)),
		},
		"disabled": {off, off, nil, planEnable, fault.None, enable()},
		"disabled, with features": {
			off, off, []string{s3, malware}, planEnable + planMalware, fault.None, enable(plus(malware)),
		},
		"enabled, without features": {on, on, []string{s3, malware}, planMalware, fault.None, enable(plus(malware))},
		"enabled":                   {on, on, []string{s3}, "", fault.None, nil},
		"appeared":                  {none, off, nil, planNew, fault.None, enable()},
		"went away":                 {off, none, nil, planEnable, fault.Retry, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := service{status: tc.planned, on: []types.DetectorFeatureResult{s3, "DNS_LOGS"}}
			c, env := is.detector(t, tc.asked)
			plan := playbooktest.Planned(t, c, env, tc.plan)
			is.status = tc.written
			playbooktest.Fails(t, c.Apply(t.Context(), env, plan), tc.class)
			is.sends(t, tc.sent)
		})
	}
}

// Features that a fix switched on are switched off by its undo, and no others.
func TestFeaturesAreTakenBack(t *testing.T) {
	is := service{status: types.DetectorStatusEnabled}
	c, env := is.detector(t, s3)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	is.on = []types.DetectorFeatureResult{s3, "RDS_LOGIN_EVENTS"}
	undo := playbooktest.Got(c.PlanUndo(t.Context(), env, plan.Changes))(t)
	playbooktest.Done(t, c.Apply(t.Context(), env, undo))
	is.sends(t, enable(types.DetectorFeatureConfiguration{Name: s3, Status: types.FeatureStatusDisabled}))
}

func TestFeatureNames(t *testing.T) {
	c := playbooktest.Pick(t, playbook.Detector(), "GuardDuty.1")
	for name, want := range map[string]bool{
		"S3_DATA_EVENTS,RUNTIME_MONITORING": true, "EKS_RUNTIME_MONITORING": false, "s3": false, "S3_DATA_EVENTS ": true,
	} {
		if _, err := c.Resolve(map[string]any{"features": name}); (err == nil) != want {
			t.Errorf("%q accepted: %v, want %v (%v)", name, !want, want, err)
		}
	}
}

// AWS fails a Region without a detector, or with one that is suspended. Protection plans, and who runs GuardDuty for
// the account, do not matter.
func TestLine(t *testing.T) {
	type plan = types.DetectorFeatureConfigurationResult
	detectors := func(status types.DetectorStatus, plans []plan, ids ...string) playbooktest.StandIn {
		return playbooktest.Answers(&guardduty.ListDetectorsOutput{DetectorIds: ids},
			&guardduty.GetDetectorOutput{Status: status, Features: plans})
	}
	shapes := map[string]playbooktest.Shape{
		"none":             {Answers: detectors("", nil), Fails: true},
		"none, asked more": {Answers: detectors("", nil), Fails: true, Params: map[string]any{"features": s3}},
		"no status":        {Answers: detectors("", nil, "d1"), Class: fault.Invalid},
		"several":          {Answers: detectors("ENABLED", nil, "d1", "d2"), Class: fault.Refused},
		"asked more": {
			Answers: detectors("ENABLED", nil, "d1"), Fails: true, Params: map[string]any{"features": s3},
		},
		"has what is asked": {
			Answers: detectors("ENABLED", []plan{{Name: s3, Status: "ENABLED"}}, "d1"),
			Params:  map[string]any{"features": s3},
		},
	}
	for name, plans := range map[string][]plan{
		"no plans":      nil,
		"basic":         {{Name: "CLOUD_TRAIL", Status: "ENABLED"}, {Name: "DNS_LOGS", Status: "ENABLED"}},
		"without S3":    {{Name: s3, Status: "DISABLED"}},
		"S3":            {{Name: s3, Status: "ENABLED"}},
		"malware":       {{Name: malware, Status: "ENABLED"}},
		"functions":     {{Name: lambda, Status: "ENABLED"}},
		"all off":       {{Name: s3, Status: "DISABLED"}, {Name: malware, Status: "DISABLED"}},
		"of a new name": {{Name: "NEW_PLAN", Status: "ENABLED"}},
		"silent":        {{Name: s3}},
		"runtime":       {{Name: "RUNTIME_MONITORING", Status: "ENABLED"}},
	} {
		shapes[name+", enabled"] = playbooktest.Shape{Answers: detectors("ENABLED", plans, "d1")}
		shapes[name+", suspended"] = playbooktest.Shape{Answers: detectors("DISABLED", plans, "d1"), Fails: true}
	}
	playbooktest.Judged(t, playbooktest.Pick(t, playbook.Detector(), "GuardDuty.1"), account, shapes)
}
