// Package athena holds the playbooks for Amazon Athena.
package athena

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// Metrics returns the control that has workgroups report how their queries go.
func Metrics() []control.Control {
	return []control.Control{kind.Setting[bool]{
		Name: "PublishCloudWatchMetricsEnabled", Get: published, Want: kind.Always(true), Set: publish,
	}.Control(control.Info{
		ID: "Athena.4",
		Effect: "Athena publishes how long queries of the workgroup take and how much they read as metrics of CloudWatch. " +
			"Nobody notices, and the metrics are free.",
		Fails: control.Fails{
			When: "The workgroup does not publish the metrics of its queries to CloudWatch.",
			Rule: "athena-workgroup-logging-enabled",
		},
		Impact:  control.ImpactNone,
		Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:athena:[a-z0-9-]+:\d{12}:workgroup/([A-Za-z0-9._-]{1,128})$`),
		Actions: []string{"athena:GetWorkGroup", "athena:UpdateWorkGroup"},
	})}
}

func published(ctx context.Context, env control.Env) (bool, error) {
	out, err := athena.NewFromConfig(env.Config).GetWorkGroup(ctx, &athena.GetWorkGroupInput{WorkGroup: &env.Name})
	if err != nil {
		return false, gone(err)
	}
	if out.WorkGroup == nil || out.WorkGroup.Configuration == nil {
		return false, fault.New(fault.Invalid, "GetWorkGroup answered without a configuration")
	}
	return kind.Answered(out.WorkGroup.Configuration.PublishCloudWatchMetricsEnabled, "GetWorkGroup",
		"PublishCloudWatchMetricsEnabled")
}

// publish names one setting, and Athena leaves alone what is not named.
func publish(ctx context.Context, env control.Env, on bool) error {
	_, err := athena.NewFromConfig(env.Config).UpdateWorkGroup(ctx, &athena.UpdateWorkGroupInput{
		WorkGroup:            &env.Name,
		ConfigurationUpdates: &types.WorkGroupConfigurationUpdates{PublishCloudWatchMetricsEnabled: &on},
	})
	return gone(err)
}

// missing is what Athena says of a workgroup that is gone, as of any other mistake of the caller's.
var missing = regexp.MustCompile(`(?i)workgroup\b.*\bnot found`)

func gone(err error) error {
	if fault.Of(err) == fault.Invalid && missing.MatchString(err.Error()) {
		return fault.Wrap(fault.Gone, err)
	}
	return err
}
