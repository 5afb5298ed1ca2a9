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
	starts := map[string]struct {
		seed    func(context.Context, *testing.T, aws.Config) string
		disturb playbooktest.Act
		skip    map[string]string
		unseen  map[string]string
	}{
		"no detector": {
			withoutDetector, disable,
			map[string]string{playbooktest.CaseUnrelated: "before the fix there is nothing to change"},
			map[string]string{"guardduty:UpdateDetector": one},
		},
		"disabled": {
			disabled, nil, // two values
			map[string]string{playbooktest.CaseDrift: "the setting has two values, and both are ours"},
			map[string]string{"guardduty:CreateDetector": one, "guardduty:DeleteDetector": one},
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			start.unseen["iam:CreateServiceLinkedRole"] = "GuardDuty makes the call on the session's behalf"
			start.skip[playbooktest.CaseGone] = "an account that reports findings is there"
			start.skip[playbooktest.CaseNarrow] = "one account has one detector in a Region"
			playbooktest.Run(t, playbooktest.Suite{
				Control: playbook.Detector()[0],
				Seed:    start.seed, Observe: observe, Disturb: start.disturb, Unrelated: publishHourly,
				Skip: start.skip, Unseen: start.unseen,
			})
		})
	}
}

func ids(ctx context.Context, t *testing.T, root aws.Config) []string {
	t.Helper()
	out, err := guardduty.NewFromConfig(root).ListDetectors(ctx, &guardduty.ListDetectorsInput{})
	if err != nil {
		t.Fatal(err)
	}
	return out.DetectorIds
}

func withoutDetector(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	for _, id := range ids(ctx, t, root) {
		_, err := guardduty.NewFromConfig(root).DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: &id})
		if err != nil {
			t.Fatal(err)
		}
	}
	return account
}

func disabled(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	withoutDetector(ctx, t, root)
	disable(ctx, t, root, account)
	return account
}

// disable makes a disabled detector where there is none.
func disable(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	client, all := guardduty.NewFromConfig(root), ids(ctx, t, root)
	var err error
	if len(all) == 0 {
		_, err = client.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(false)})
	} else {
		_, err = client.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: &all[0], Enable: aws.Bool(false)})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func publishHourly(ctx context.Context, t *testing.T, root aws.Config, _ string) {
	t.Helper()
	_, err := guardduty.NewFromConfig(root).UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
		DetectorId: &ids(ctx, t, root)[0], FindingPublishingFrequency: types.FindingPublishingFrequencyOneHour,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// seen is what another client sees of a detector.
type seen struct {
	Status    types.DetectorStatus
	Frequency types.FindingPublishingFrequency
}

func observe(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
	t.Helper()
	all := []seen{}
	for _, id := range ids(ctx, t, root) {
		out, err := guardduty.NewFromConfig(root).GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &id})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, seen{out.Status, out.FindingPublishingFrequency})
	}
	return all
}

// service is a GuardDuty that keeps what it was asked to write. The lab's own replaces all features with those
// of an update, which AWS merges.
type service struct {
	exists   bool
	enabled  types.DetectorStatus
	features []types.DetectorFeatureConfigurationResult
	created  *guardduty.CreateDetectorInput
	updated  *guardduty.UpdateDetectorInput
}

func (s *service) standIn() playbooktest.StandIn {
	return playbooktest.StandIn{
		// The first page is empty, which AWS allows itself with any list.
		"ListDetectors": func(in any) (any, error) {
			if in.(*guardduty.ListDetectorsInput).NextToken == nil {
				return &guardduty.ListDetectorsOutput{NextToken: aws.String("more")}, nil
			}
			if !s.exists {
				return &guardduty.ListDetectorsOutput{}, nil
			}
			return &guardduty.ListDetectorsOutput{DetectorIds: []string{"d1"}}, nil
		},
		"GetDetector": func(any) (any, error) {
			return &guardduty.GetDetectorOutput{Status: s.enabled, Features: s.features}, nil
		},
		"CreateDetector": func(in any) (any, error) {
			s.created = in.(*guardduty.CreateDetectorInput)
			return &guardduty.CreateDetectorOutput{}, nil
		},
		"UpdateDetector": func(in any) (any, error) {
			s.updated = in.(*guardduty.UpdateDetectorInput)
			return &guardduty.UpdateDetectorOutput{}, nil
		},
	}
}

func (s *service) env(t *testing.T, c control.Control, params map[string]any) control.Env {
	t.Helper()
	env := playbooktest.Env(t, c, account)
	s.standIn().AddTo(&env.Config)
	var err error
	if env.Params, err = c.Resolve(params); err != nil {
		t.Fatal(err)
	}
	return env
}

const s3, malware, lambda = types.DetectorFeatureS3DataEvents, types.DetectorFeatureEbsMalwareProtection,
	types.DetectorFeatureLambdaNetworkLogs

func on(names ...types.DetectorFeature) (out []types.DetectorFeatureConfiguration) {
	for _, n := range names {
		out = append(out, types.DetectorFeatureConfiguration{Name: n, Status: types.FeatureStatusEnabled})
	}
	return out
}

// featureCase is a state of GuardDuty, what people ask for, and what is planned and sent.
type featureCase struct {
	is      service
	asked   []string
	plan    string
	created *guardduty.CreateDetectorInput
	updated *guardduty.UpdateDetectorInput
}

func featureCases() map[string]featureCase {
	s3On := []types.DetectorFeatureConfigurationResult{
		{Name: types.DetectorFeatureResultS3DataEvents, Status: types.FeatureStatusEnabled},
		{Name: types.DetectorFeatureResultEbsMalwareProtection, Status: types.FeatureStatusDisabled},
		{Name: types.DetectorFeatureResultDnsLogs, Status: types.FeatureStatusEnabled},
	}
	create := func(f []types.DetectorFeatureConfiguration) *guardduty.CreateDetectorInput {
		return &guardduty.CreateDetectorInput{Enable: aws.Bool(true), Features: f}
	}
	update := func(f []types.DetectorFeatureConfiguration) *guardduty.UpdateDetectorInput {
		return &guardduty.UpdateDetectorInput{DetectorId: aws.String("d1"), Enable: aws.Bool(true), Features: f}
	}
	return map[string]featureCase{
		"none": {service{}, nil, "  + Detector {\"Enabled\":true}\n", create(nil), nil},
		"none, with features": {
			service{},
			[]string{"S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS"},
			"  + Detector {\"Enabled\":true,\"Features\":{\"LAMBDA_NETWORK_LOGS\":true,\"S3_DATA_EVENTS\":true}}\n",
			create(on(lambda, s3)), nil,
		},
		"disabled": {
			service{exists: true, enabled: types.DetectorStatusDisabled, features: s3On},
			nil,
			"  ~ Detector.Enabled: false → true\n", nil, update(nil),
		},
		"disabled, with features": {
			service{exists: true, enabled: types.DetectorStatusDisabled, features: s3On},
			[]string{"S3_DATA_EVENTS", "EBS_MALWARE_PROTECTION"},
			"  ~ Detector.Enabled: false → true\n  ~ Detector.Features.EBS_MALWARE_PROTECTION: none → true\n",
			nil, update(on(malware)),
		},
		"enabled, without features": {
			service{exists: true, enabled: types.DetectorStatusEnabled, features: s3On},
			[]string{"S3_DATA_EVENTS", "EBS_MALWARE_PROTECTION"},
			"  ~ Detector.Features.EBS_MALWARE_PROTECTION: none → true\n", nil, update(on(malware)),
		},
		"enabled": {
			service{exists: true, enabled: types.DetectorStatusEnabled, features: s3On},
			[]string{"S3_DATA_EVENTS"},
			"", nil, nil,
		},
	}
}

// A detector is made only where there is none; features are named one by one, only where they change, and
// never as data sources.
func TestFeatures(t *testing.T) {
	for name, tc := range featureCases() {
		t.Run(name, func(t *testing.T) {
			c := playbook.Detector()[0]
			env := tc.is.env(t, c, map[string]any{"features": tc.asked})
			plan, err := c.Plan(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.plan, plan.String()); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
			if err := c.Apply(t.Context(), env, plan); err != nil {
				t.Fatal(err)
			}
			same := cmp.Options{
				cmpopts.IgnoreUnexported(
					guardduty.CreateDetectorInput{}, guardduty.UpdateDetectorInput{}, types.DetectorFeatureConfiguration{}),
				cmpopts.IgnoreFields(guardduty.CreateDetectorInput{}, "ClientToken"),
			}
			if d := cmp.Diff(tc.created, tc.is.created, same); d != "" {
				t.Errorf("create (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.updated, tc.is.updated, same); d != "" {
				t.Errorf("update (-want +got):\n%s", d)
			}
		})
	}
}

// Features that a fix switched on are switched off by its undo, and no others.
func TestFeaturesAreTakenBack(t *testing.T) {
	c := playbook.Detector()[0]
	is := service{exists: true, enabled: types.DetectorStatusEnabled}
	env := is.env(t, c, map[string]any{"features": "S3_DATA_EVENTS"})
	plan, err := c.Plan(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	is.features = []types.DetectorFeatureConfigurationResult{
		{Name: types.DetectorFeatureResultS3DataEvents, Status: types.FeatureStatusEnabled},
		{Name: types.DetectorFeatureResultRdsLoginEvents, Status: types.FeatureStatusEnabled},
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), env, undo); err != nil {
		t.Fatal(err)
	}
	got := is.updated.Features
	if len(got) != 1 || got[0].Name != s3 || got[0].Status != types.FeatureStatusDisabled {
		t.Errorf("undo sent %v, want S3_DATA_EVENTS off", got)
	}
}

// A detector that appeared since the plan gets what was planned, not a second one; for one that went away the
// plan no longer holds.
func TestDetectorChangedSinceThePlan(t *testing.T) {
	c := playbook.Detector()[0]
	for name, tc := range map[string]struct {
		is      service
		want    fault.Class
		updated bool
	}{
		"appeared":  {service{}, fault.None, true},
		"went away": {service{exists: true, enabled: types.DetectorStatusDisabled}, fault.Retry, false},
	} {
		t.Run(name, func(t *testing.T) {
			env := tc.is.env(t, c, nil)
			plan, err := c.Plan(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			tc.is.exists = !tc.is.exists
			if err := c.Apply(t.Context(), env, plan); fault.Of(err) != tc.want {
				t.Errorf("apply: want class %q, got %v", tc.want, err)
			}
			if tc.is.created != nil || (tc.is.updated != nil) != tc.updated {
				t.Errorf("created %v, updated %v", tc.is.created, tc.is.updated)
			}
		})
	}
}

func TestFeatureNames(t *testing.T) {
	c := playbook.Detector()[0]
	for name, want := range map[string]bool{
		"S3_DATA_EVENTS,RUNTIME_MONITORING": true, "EKS_RUNTIME_MONITORING": false, "s3": false, "S3_DATA_EVENTS ": true,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.Resolve(map[string]any{"features": name}); (err == nil) != want {
				t.Errorf("accepted: %v, want %v (%v)", !want, want, err)
			}
		})
	}
}
