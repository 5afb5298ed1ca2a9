package guardduty

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// plan is a protection plan: a feature of the detector that AWS wants on.
type plan struct {
	id, what, billed, rule string
	feature                types.DetectorFeatureResult
	// either is a feature that AWS takes in its place where it is on, and agent what has to be on in either.
	either types.DetectorFeatureResult
	agent  types.FeatureAdditionalConfiguration
}

// Features returns the controls that switch protection plans on.
func Features() []control.Control {
	var out []control.Control
	for _, p := range []plan{
		{
			id: "GuardDuty.6", what: "Lambda Protection", billed: "gigabyte of network logs of functions",
			rule: "guardduty-lambda-protection-enabled", feature: types.DetectorFeatureResultLambdaNetworkLogs,
		},
		{
			id: "GuardDuty.7", what: "Runtime Monitoring of EKS, with an agent that GuardDuty manages",
			billed: "vCPU that it watches. GuardDuty installs its agent into every cluster of the Region that no tag exempts, " +
				"and makes an endpoint in its VPC", rule: "guardduty-eks-protection-runtime-enabled",
			feature: types.DetectorFeatureResultRuntimeMonitoring, either: types.DetectorFeatureResultEksRuntimeMonitoring,
			agent: types.FeatureAdditionalConfigurationEksAddonManagement,
		},
		{
			id: "GuardDuty.9", what: "RDS Protection", billed: "vCPU of databases that it watches",
			rule: "guardduty-rds-protection-enabled", feature: types.DetectorFeatureResultRdsLoginEvents,
		},
		{
			id: "GuardDuty.10", what: "S3 Protection", billed: "million events of objects",
			rule: "guardduty-s3-protection-enabled", feature: types.DetectorFeatureResultS3DataEvents,
		},
	} {
		out = append(out, p.control())
	}
	return out
}

func (p plan) control() control.Control {
	return control.Of[map[string]bool]{
		Info: control.Info{
			ID: p.id, Writes: "guardduty.detector." + string(p.feature),
			Effect: "GuardDuty watches the Region by " + p.what + ", billed per " + p.billed + ". Undo switches off what was. " +
				"Members of an organization are their administrator's to protect, and while one of them is without, Salve " +
				"changes nothing for the administrator.",
			Fails: control.Fails{
				When: p.what + " is off in the account and the Region; for an administrator, also where it is for a member.",
				Rule: p.rule,
			},
			Impact: control.ImpactNone,
			Pattern: regexp.MustCompile(
				`^(AWS::::Account:\d{12}|arn:aws[a-z-]*:guardduty:[a-z0-9-]+:\d{12}:detector/[0-9a-f]{32})$`),
			Actions: []string{
				"guardduty:GetAdministratorAccount", "guardduty:GetDetector", "guardduty:GetMemberDetectors",
				"guardduty:ListDetectors", "guardduty:ListMembers", "guardduty:UpdateDetector",
			},
			Settle:       control.Settle{Typical: 30 * time.Second, Within: 10 * time.Minute},
			WholeAccount: true, // the id of the detector shows only once it has been listed
			// GuardDuty.1 writes to the same detector.
			Lock: func(env control.Env) []string { return []string{"AWS::::Account:" + env.Target.Account + "/guardduty"} },
		},
		Read: p.read,
		Want: func(now map[string]bool, _ control.Env) (map[string]bool, error) {
			to := map[string]bool{}
			for name := range now {
				to[name] = true
			}
			return to, nil
		},
		Write: p.write,
	}.Control()
}

func (p plan) read(ctx context.Context, env control.Env) (map[string]bool, error) {
	client := guardduty.NewFromConfig(env.Config)
	id, err := detectorID(ctx, client)
	if err != nil {
		return nil, err
	}
	if id == nil {
		return nil, fault.New(fault.Refused, "enable GuardDuty first, by GuardDuty.1: there is no detector in this Region")
	}
	out, err := client.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: id})
	switch {
	case err != nil:
		return nil, err
	case out.Status == "":
		return nil, fault.New(fault.Invalid, "GetDetector answered without a status")
	case out.Status != types.DetectorStatusEnabled:
		return nil, fault.New(fault.Refused, "enable GuardDuty first, by GuardDuty.1: the detector is %s", out.Status)
	}
	now, err := p.of(out.Features)
	if err != nil || env.Undo {
		return now, err
	}
	return now, p.decides(ctx, env, id, on(now))
}

// on tells that all of a plan is.
func on(now map[string]bool) bool { return !slices.Contains(slices.Collect(maps.Values(now)), false) }

// decides refuses where another account decides on the plan, and where AWS goes by others that this one administers.
func (p plan) decides(ctx context.Context, env control.Env, id *string, met bool) error {
	client := guardduty.NewFromConfig(env.Config)
	by, err := client.GetAdministratorAccount(ctx, &guardduty.GetAdministratorAccountInput{DetectorId: id})
	switch {
	case err != nil:
		return err
	case by.Administrator == nil || aws.ToString(by.Administrator.AccountId) == env.Target.Account:
		return p.members(ctx, client, id)
	case !met:
		return fault.New(fault.Refused, "switch %s on in the account %s, which administers GuardDuty for this one", p.what,
			aws.ToString(by.Administrator.AccountId))
	}
	return nil
}

// of is what there is of the plan: of the feature that is to be on, or of the one in its place that is.
func (p plan) of(features []types.DetectorFeatureConfigurationResult) (map[string]bool, error) {
	all := map[types.DetectorFeatureResult]types.DetectorFeatureConfigurationResult{}
	for _, f := range features {
		all[f.Name] = f
	}
	name := p.feature
	if all[p.either].Status == types.FeatureStatusEnabled && all[name].Status != types.FeatureStatusEnabled {
		name = p.either
	}
	if all[name].Status == "" {
		return nil, fault.New(fault.Refused, "GuardDuty does not say whether %s is on: look whether it offers that in this "+
			"Region", name)
	}
	now := map[string]bool{string(name): all[name].Status == types.FeatureStatusEnabled}
	if p.agent != "" {
		now[string(p.agent)] = slices.ContainsFunc(all[name].AdditionalConfiguration,
			func(c types.DetectorAdditionalConfigurationResult) bool {
				return c.Name == p.agent && c.Status == types.FeatureStatusEnabled
			})
	}
	return now, nil
}

// write names what changes; AWS leaves the other features alone.
func (p plan) write(ctx context.Context, env control.Env, _, to map[string]bool) error {
	client := guardduty.NewFromConfig(env.Config)
	id, err := detectorID(ctx, client)
	if err != nil {
		return err
	}
	if id == nil {
		return fault.New(fault.Retry, "somebody deleted the detector since it was found")
	}
	status := map[bool]types.FeatureStatus{true: types.FeatureStatusEnabled, false: types.FeatureStatusDisabled}
	var feature types.DetectorFeatureConfiguration
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if p.agent != "" && name == string(p.agent) {
			feature.AdditionalConfiguration = []types.DetectorAdditionalConfiguration{{Name: p.agent, Status: status[to[name]]}}
			continue
		}
		feature.Name, feature.Status = types.DetectorFeature(name), status[to[name]]
	}
	_, err = client.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
		DetectorId: id, Features: []types.DetectorFeatureConfiguration{feature},
	})
	return err
}
