// Package guardduty holds the playbooks for Amazon GuardDuty.
package guardduty

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// paramFeatures is the parameter with the protection plans that must be on too.
const paramFeatures = "features"

// detection is GuardDuty in one Region of an account, which has one detector at most.
type detection struct {
	Detector *detector
}

// detector is the part of a detector that the control decides on: whether it is on, and which of the protection
// plans that people ask for are. Plans nobody asked for are not the control's.
type detector struct {
	Enabled  bool
	Features map[string]bool
}

// Detector returns the control that is met by an enabled detector.
func Detector() []control.Control {
	return []control.Control{control.Of[detection]{
		Info: control.Info{
			ID: "GuardDuty.1", Writes: "guardduty.detector",
			Effect: "GuardDuty watches the account's events, flow logs and DNS queries in this Region, and costs by their " +
				"amount. A disabled detector is enabled with the settings it has. A new one starts with the protection " +
				"plans that AWS switches on by itself, free while they are tried out; undo deletes it with its findings.",
			Fails: control.Fails{
				When: "GuardDuty is not enabled for the account in the Region; which protection plans are on does " +
					"not matter.",
				Rule: "guardduty-enabled-centralized",
			},
			Impact:  control.ImpactNone,
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Params: []control.Param{{
				Name:    paramFeatures,
				Meaning: "Protection plans to switch on too, by their GuardDuty names; each is billed.",
				Default: []string{},
				// Without EKS_RUNTIME_MONITORING, which AWS refuses beside the plan that includes it.
				Pattern: regexp.MustCompile(`^(S3_DATA_EVENTS|EKS_AUDIT_LOGS|EBS_MALWARE_PROTECTION|RDS_LOGIN_EVENTS|` +
					`LAMBDA_NETWORK_LOGS|RUNTIME_MONITORING)$`),
			}},
			Actions: []string{
				"guardduty:CreateDetector", "guardduty:GetDetector", "guardduty:ListDetectors", "guardduty:UpdateDetector",
				"iam:CreateServiceLinkedRole", // what CreateDetector does in an account that never had GuardDuty
			},
			UndoActions: []string{"guardduty:DeleteDetector"},
			Settle:      control.Settle{Typical: 30 * time.Second, Within: 10 * time.Minute},
			// The id of the detector shows only once it has been listed.
			WholeAccount: true,
			Lock:         func(env control.Env) []string { return []string{env.Target.Resource + "/guardduty"} },
		},
		Read:  readDetection,
		Want:  func(_ detection, env control.Env) (detection, error) { return detection{wanted(env)}, nil },
		Write: writeDetection,
	}.Control()}
}

func readDetection(ctx context.Context, env control.Env) (detection, error) {
	client := guardduty.NewFromConfig(env.Config)
	id, err := detectorID(ctx, client)
	if err != nil || id == nil {
		return detection{}, err
	}
	out, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: id})
	if err != nil {
		return detection{}, err
	}
	if out.Status == "" {
		return detection{}, fault.New(fault.Invalid, "GetDetector answered without a status")
	}
	now, asked := detector{out.Status == types.DetectorStatusEnabled, map[string]bool{}}, wanted(env).Features
	for _, f := range out.Features {
		if name := string(f.Name); asked[name] && f.Status == types.FeatureStatusEnabled {
			now.Features[name] = true
		}
	}
	return detection{&now}, nil
}

// wanted is a detector with the protection plans that people ask for.
func wanted(env control.Env) *detector {
	want := detector{true, map[string]bool{}}
	for _, f := range env.Params.Texts(paramFeatures) {
		want.Features[f] = true
	}
	return &want
}

// writeDetection updates a detector that somebody made since none was found: the fix may be the one that made it.
func writeDetection(ctx context.Context, env control.Env, from, to detection) error {
	client := guardduty.NewFromConfig(env.Config)
	id, err := detectorID(ctx, client)
	if err != nil {
		return err
	}
	if from.Detector == nil {
		from.Detector = &detector{}
	} else if id == nil && to.Detector != nil {
		return fault.New(fault.Retry, "somebody deleted the detector since it was found")
	}
	switch {
	case to.Detector != nil && id == nil:
		_, err = client.CreateDetector(ctx, &guardduty.CreateDetectorInput{
			Enable: &to.Detector.Enabled, Features: features(*from.Detector, *to.Detector),
		})
	case to.Detector != nil:
		_, err = client.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
			DetectorId: id, Enable: &to.Detector.Enabled, Features: features(*from.Detector, *to.Detector),
		})
	case id != nil:
		_, err = client.DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: id})
	}
	return err
}

// features are those that differ between two detectors. AWS leaves alone what is not named.
func features(from, to detector) []types.DetectorFeatureConfiguration {
	var out []types.DetectorFeatureConfiguration
	both := slices.AppendSeq(slices.Collect(maps.Keys(from.Features)), maps.Keys(to.Features))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(both))) {
		status := types.FeatureStatusEnabled
		if !to.Features[name] {
			status = types.FeatureStatusDisabled
		}
		if from.Features[name] != to.Features[name] {
			out = append(out, types.DetectorFeatureConfiguration{Name: types.DetectorFeature(name), Status: status})
		}
	}
	return out
}

// detectorID returns nil where there is no detector; a page without one says nothing about the next. AWS has one at
// most, and which of two would count nobody knows.
func detectorID(ctx context.Context, client *guardduty.Client) (*string, error) {
	pages, ids := guardduty.NewListDetectorsPaginator(client, &guardduty.ListDetectorsInput{}), []string(nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, page.DetectorIds...)
	}
	switch len(ids) {
	case 0:
		return nil, nil
	case 1:
		return &ids[0], nil
	}
	return nil, fault.New(fault.Refused, "look at the detectors of this Region yourself: GuardDuty names %d, not one",
		len(ids))
}
