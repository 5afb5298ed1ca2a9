package guardduty_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	playbook "github.com/salve-security/salve/functions/playbooks/guardduty"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const (
	on, off = types.FeatureStatusEnabled, types.FeatureStatusDisabled
	addon   = types.FeatureAdditionalConfigurationEksAddonManagement
)

// kept are the features of a detector: the lab replaces all with those of an update, which AWS merges.
type kept map[types.DetectorFeatureResult]types.DetectorFeatureConfigurationResult

func (k kept) amend(in, out any) {
	if update, ok := in.(*guardduty.UpdateDetectorInput); ok {
		for _, f := range update.Features {
			is := k[types.DetectorFeatureResult(f.Name)]
			is.Name, is.Status = types.DetectorFeatureResult(f.Name), f.Status
			for _, c := range f.AdditionalConfiguration {
				is.AdditionalConfiguration = []types.DetectorAdditionalConfigurationResult{{Name: c.Name, Status: c.Status}}
			}
			k[is.Name] = is
		}
	}
	if got, ok := out.(*guardduty.GetDetectorOutput); ok {
		got.Features = nil
		for _, name := range types.DetectorFeatureResult("").Values() {
			if is, there := k[name]; there {
				got.Features = append(got.Features, is)
			}
		}
	}
}

func feature(name types.DetectorFeature, status types.FeatureStatus) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
		t.Helper()
		f := types.DetectorFeatureConfiguration{Name: name, Status: status}
		if name == types.DetectorFeatureRuntimeMonitoring {
			f.AdditionalConfiguration = []types.DetectorAdditionalConfiguration{{Name: addon, Status: status}}
		}
		client := guardduty.NewFromConfig(root)
		playbooktest.Got(client.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
			DetectorId: &ids(ctx, t, client)[0], Features: []types.DetectorFeatureConfiguration{f},
		}))(t)
	}
}

func TestProtectionPlans(t *testing.T) {
	world := playbooktest.Amended(playbooktest.Serving(t, "guardduty", alone{}), kept{}.amend)
	playbooktest.Family(t, playbook.Features(), func(c control.Control) playbooktest.Suite {
		return playbooktest.Suite{
			World: world, Control: c,
			Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
				t.Helper()
				withoutDetector(ctx, t, root)
				playbooktest.Got(guardduty.NewFromConfig(root).CreateDetector(ctx, &guardduty.CreateDetectorInput{
					Enable: aws.Bool(true),
				}))(t)
				for _, name := range []types.DetectorFeature{
					"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS", "RUNTIME_MONITORING", "EKS_AUDIT_LOGS",
				} {
					feature(name, off)(ctx, t, root, "")
				}
				return account
			},
			Foreign: []string{
				"arn:aws:guardduty:us-east-1:222222222222:detector/*", "AWS::::Account:*",
				"arn:aws:guardduty:us-east-1:222222222222:detector/12abc34d567e8fa901bc2d34e56789f0/filter/a",
			},
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
				t.Helper()
				client := guardduty.NewFromConfig(root)
				text := ""
				for _, f := range playbooktest.Got(client.GetDetector(ctx, &guardduty.GetDetectorInput{
					DetectorId: &ids(ctx, t, client)[0],
				}))(t).Features {
					text += fmt.Sprint(f.Name, f.Status)
					for _, c := range f.AdditionalConfiguration {
						text += fmt.Sprint(c.Name, c.Status)
					}
				}
				return text
			},
			Unrelated: feature("EKS_AUDIT_LOGS", on),
			Skip:      map[string]string{playbooktest.CaseDrift: "a plan is on or off, and both are ours"},
			Unseen:    map[string]string{"guardduty:GetMemberDetectors": "the account administers no other"},
		}
	})
}

// alone answers for an account that administers no other: the emulators have no call about it.
type alone struct{}

func (alone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/member") {
		w.WriteHeader(http.StatusNotImplemented) // the emulator's
		return
	}
	_, _ = w.Write([]byte(`{"members":[]}`))
}

// detector is what a Region answers about its detector.
func detectorIs(
	status types.DetectorStatus, by string, features ...types.DetectorFeatureConfigurationResult,
) playbooktest.StandIn {
	admin := &guardduty.GetAdministratorAccountOutput{}
	if by != "" {
		admin.Administrator = &types.Administrator{AccountId: &by}
	}
	return playbooktest.Answers(&guardduty.ListDetectorsOutput{DetectorIds: []string{"d1"}}, admin,
		&guardduty.GetDetectorOutput{Status: status, Features: features}, &guardduty.ListMembersOutput{})
}

// administering is the same in an account that administers some, of which GuardDuty tells all but those of unknown.
func administering(
	own playbooktest.StandIn, unknown []string, members map[string][]types.MemberFeaturesConfigurationResult,
) playbooktest.StandIn {
	list, told := &guardduty.ListMembersOutput{}, &guardduty.GetMemberDetectorsOutput{}
	for id, features := range members {
		list.Members = append(list.Members, types.Member{AccountId: &id})
		told.MemberDataSourceConfigurations = append(told.MemberDataSourceConfigurations,
			types.MemberDataSourceConfiguration{AccountId: &id, Features: features})
	}
	for _, id := range unknown {
		list.Members = append(list.Members, types.Member{AccountId: &id})
		told.UnprocessedAccounts = append(told.UnprocessedAccounts, types.UnprocessedAccount{AccountId: &id})
	}
	maps.Copy(own, playbooktest.Answers(list, told))
	return own
}

func ofMember(name types.DetectorFeatureResult, status types.FeatureStatus, agent ...types.FeatureStatus,
) []types.MemberFeaturesConfigurationResult {
	f := types.MemberFeaturesConfigurationResult{Name: types.OrgFeature(name), Status: status}
	for _, s := range agent {
		f.AdditionalConfiguration = []types.MemberAdditionalConfigurationResult{{
			Name: types.OrgFeatureAdditionalConfiguration(addon), Status: s,
		}}
	}
	return []types.MemberFeaturesConfigurationResult{f}
}

func is(name types.DetectorFeatureResult, status types.FeatureStatus, agent ...types.FeatureStatus,
) types.DetectorFeatureConfigurationResult {
	f := types.DetectorFeatureConfigurationResult{Name: name, Status: status}
	for _, s := range agent {
		f.AdditionalConfiguration = []types.DetectorAdditionalConfigurationResult{{Name: addon, Status: s}}
	}
	return f
}

// AWS looks at the one feature; who does not decide on it, is sent to who does.
func TestLineOfProtectionPlans(t *testing.T) {
	const enabled = types.DetectorStatusEnabled
	for id, name := range map[string]types.DetectorFeatureResult{
		"GuardDuty.6": "LAMBDA_NETWORK_LOGS", "GuardDuty.9": "RDS_LOGIN_EVENTS", "GuardDuty.10": "S3_DATA_EVENTS",
	} {
		other := is("EBS_MALWARE_PROTECTION", on)
		playbooktest.Judged(t, playbooktest.Pick(t, playbook.Features(), id), account, map[string]playbooktest.Shape{
			"off": {Answers: detectorIs(enabled, "", other, is(name, off)), Fails: true},
			"on":  {Answers: detectorIs(enabled, "", is(name, on))},
			"a member's": {
				Answers: detectorIs(enabled, "333333333333", is(name, off)), Class: fault.Refused, Words: []string{"333333333333"},
			},
			"a member's, on":      {Answers: detectorIs(enabled, "333333333333", is(name, on))},
			"the administrator's": {Answers: detectorIs(enabled, playbooktest.DefaultAccount, is(name, off)), Fails: true},
			"not offered":         {Answers: detectorIs(enabled, "", other), Class: fault.Refused, Words: []string{"Region"}},
			"disabled": {
				Answers: detectorIs(types.DetectorStatusDisabled, "", is(name, off)),
				Class:   fault.Refused,
				Words:   []string{"GuardDuty.1"},
			},
			"no word": {Answers: detectorIs("", "", is(name, off)), Class: fault.Invalid},
			"members on": {Answers: administering(detectorIs(enabled, "", is(name, on)), nil,
				map[string][]types.MemberFeaturesConfigurationResult{"333333333333": ofMember(name, on)})},
			"members on, itself off": {Answers: administering(detectorIs(enabled, "", is(name, off)), nil,
				map[string][]types.MemberFeaturesConfigurationResult{"333333333333": ofMember(name, on)}), Fails: true},
			"a member off": {
				Answers: administering(detectorIs(enabled, "", is(name, on)), nil,
					map[string][]types.MemberFeaturesConfigurationResult{
						"333333333333": ofMember(name, on), "444444444444": ofMember(name, off), "555555555555": nil,
					}),
				Class: fault.Refused, Words: []string{"444444444444, 555555555555"},
			},
			"a member off, itself too": {
				Answers: administering(detectorIs(enabled, "", is(name, off)), nil,
					map[string][]types.MemberFeaturesConfigurationResult{"444444444444": ofMember(name, off)}),
				Class: fault.Refused, Words: []string{"444444444444"},
			},
			"a member nobody knows of": {
				Answers: administering(detectorIs(enabled, "", is(name, on)), []string{"333333333333"}, nil),
				Class:   fault.Refused, Words: []string{"333333333333"},
			},
			"no detector": {
				Answers: playbooktest.Answers(&guardduty.ListDetectorsOutput{}),
				Class:   fault.Refused,
				Words:   []string{"GuardDuty.1"},
			},
		})
	}
}

// Both plans that watch clusters count, one of them may be on, and neither without the agent.
func TestLineOfRuntimeMonitoring(t *testing.T) {
	const enabled, all, eks = types.DetectorStatusEnabled, types.DetectorFeatureResultRuntimeMonitoring,
		types.DetectorFeatureResultEksRuntimeMonitoring
	shape := func(f ...types.DetectorFeatureConfigurationResult) playbooktest.StandIn {
		return detectorIs(enabled, "", f...)
	}
	c := playbooktest.Pick(t, playbook.Features(), "GuardDuty.7")
	playbooktest.Judged(t, c, account, map[string]playbooktest.Shape{
		"both off":       {Answers: shape(is(all, off, off), is(eks, off, off)), Fails: true},
		"on":             {Answers: shape(is(all, on, on), is(eks, off, off))},
		"no agent":       {Answers: shape(is(all, on, off)), Fails: true},
		"agent not said": {Answers: shape(is(all, on)), Fails: true},
		"of EKS":         {Answers: shape(is(all, off, off), is(eks, on, on))},
		"of EKS, alone":  {Answers: shape(is(all, off, off), is(eks, on, off)), Fails: true},
		"members, of EKS": {Answers: administering(shape(is(all, on, on)), nil,
			map[string][]types.MemberFeaturesConfigurationResult{"333333333333": ofMember(eks, on, on)})},
		"a member without the agent": {
			Answers: administering(shape(is(all, on, on)), nil,
				map[string][]types.MemberFeaturesConfigurationResult{"333333333333": ofMember(all, on, off)}),
			Class: fault.Refused, Words: []string{"333333333333"},
		},
	})
	env := playbooktest.Env(t, c, account, playbooktest.Unplugged(), shape(is(all, off, off), is(eks, on, off)))
	playbooktest.Planned(t, c, env, "  ~ EKS_ADDON_MANAGEMENT: false → true\n")
}
