// Package cloudtrail holds the playbooks for AWS CloudTrail.
package cloudtrail

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// LogValidation returns the control that has trails write digests of their log files.
func LogValidation() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "LogFileValidationEnabled", Get: readValidation, Want: kind.Always(true), Set: writeValidation,
	}.Control(control.Info{
		ID: "CloudTrail.4", Writes: "cloudtrail.trail.validation",
		Effect: "CloudTrail adds a small digest file to the trail's bucket every hour; log files stay as they are.",
		Fails: control.Fails{
			When: "Log file validation is off on the trail.",
			Rule: "cloud-trail-log-file-validation-enabled",
		},
		Impact:  control.ImpactNone,
		Pattern: trailARN,
		Actions: []string{"cloudtrail:GetTrail", "cloudtrail:UpdateTrail"},
	})}
}

// trailARN accepts trails; event data stores have no such setting.
var trailARN = regexp.MustCompile(
	`^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:trail/([0-9A-Za-z][0-9A-Za-z._-]{2,127})$`)

func readValidation(ctx context.Context, env control.Env) (bool, error) {
	out, err := cloudtrail.NewFromConfig(env.Config).GetTrail(ctx, &cloudtrail.GetTrailInput{
		Name: &env.Target.Resource,
	})
	if err != nil {
		return false, err
	}
	trail, err := kind.Answered(out.Trail, "GetTrail", "a trail")
	if err != nil {
		return false, err
	}
	on := aws.ToBool(trail.LogFileValidationEnabled) // a trail has none until it is asked for
	// A trail of all Regions shows in each of them and can be changed in its own only.
	if home := aws.ToString(trail.HomeRegion); !on && home != "" && home != env.Target.Region {
		return false, abroad(home, env)
	}
	return on, nil
}

// abroad refuses a trail of another Region.
func abroad(home string, env control.Env) error {
	return fault.New(fault.Refused,
		"the trail belongs to Region %s and cannot be changed from %s: fix its finding there", home, env.Target.Region)
}

// writeValidation names nothing else, and CloudTrail leaves alone what an update does not name.
func writeValidation(ctx context.Context, env control.Env, on bool) error {
	_, err := cloudtrail.NewFromConfig(env.Config).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
		Name:                    &env.Target.Resource,
		EnableLogFileValidation: &on,
	})
	return err
}
