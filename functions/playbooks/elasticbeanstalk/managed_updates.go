// Package elasticbeanstalk holds the playbooks for AWS Elastic Beanstalk.
package elasticbeanstalk

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticbeanstalk"
	"github.com/aws/aws-sdk-go-v2/service/elasticbeanstalk/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// The options of an environment that say how its platform is updated, and what that needs.
const (
	managed = "ManagedActionsEnabled"
	start   = "PreferredStartTime"
	level   = "UpdateLevel"
	health  = "SystemType"
)

// namespaces have the options.
func namespaces() map[string]string {
	const actions = "aws:elasticbeanstalk:managedactions"
	return map[string]string{
		managed: actions, start: actions, level: actions + ":platformupdate",
		health: "aws:elasticbeanstalk:healthreporting:system",
	}
}

// ManagedUpdates returns the control that has environments update their platform.
func ManagedUpdates() []control.Control {
	return []control.Control{kind.Attributes{
		Keys: []string{managed, start, level}, Get: readOptions, Want: wantUpdates, Put: putOptions,
	}.Control(control.Info{
		ID: "ElasticBeanstalk.2",
		Effect: "Once a week, in a window of two hours, Elastic Beanstalk updates the platform of the environment where " +
			"there is a newer one: each time all instances are replaced by others, beside them first, and billed meanwhile. " +
			"What is only on an instance is lost, and an application that does not start on the newer platform is rolled " +
			"back. The environment is updated once for the setting itself; its instances stay. Elastic Beanstalk does that " +
			"with the rights of whoever asks: what it needs beyond those of Salve's role ends the run as not done, and the " +
			"environment stays as it is.",
		Fails: control.Fails{
			When: "Managed platform updates of the environment are off, or on at another level than the parameter names.",
			Rule: "elastic-beanstalk-managed-updates-enabled",
		},
		Impact: control.ImpactInterrupts,
		Params: []control.Param{{
			Name: level, Default: "", Pattern: regexp.MustCompile(`^(minor|patch)?$`), Form: "minor, patch or nothing",
			Meaning: "The updates that AWS wants: patch, or minor for both; empty takes either, and sets patch.",
		}, {
			Name: "maintenanceWindow", Default: "Sun:03:00", Form: "a day and a time, as in Sun:03:00",
			Pattern: regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun):([01]\d|2[0-3]):[0-5]\d$`),
			Meaning: "When the window begins, in UTC, where the environment has none yet.",
		}},
		// AWS takes nearly everything in the name of an application, and rights would be given for more by stars.
		Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:elasticbeanstalk:[a-z0-9-]+:\d{12}:environment/` +
			`([^\x00-\x1f\x7f:*?/$]{1,100}/[A-Za-z0-9-]{4,40})$`),
		Actions: []string{"elasticbeanstalk:DescribeConfigurationSettings", "elasticbeanstalk:UpdateEnvironment"},
		Narrow: func(env control.Env) []string {
			if plain.MatchString(env.Name) {
				return []string{env.Target.Resource}
			}
			return []string{strings.TrimSuffix(env.Target.Resource, env.Name) + "*"}
		},
		Settle: control.Settle{Typical: time.Minute, Within: 30 * time.Minute},
	})}
}

// plain are names that may stand in a policy as they are.
var plain = regexp.MustCompile(`^[!-)+->@-~]+$`)

// of are the names of the application and of the environment.
func of(env control.Env) (application, environment *string) {
	a, e, _ := strings.Cut(env.Name, "/")
	return &a, &e
}

func readOptions(ctx context.Context, env control.Env) (map[string]string, error) {
	application, environment := of(env)
	out, err := elasticbeanstalk.NewFromConfig(env.Config).DescribeConfigurationSettings(ctx,
		&elasticbeanstalk.DescribeConfigurationSettingsInput{ApplicationName: application, EnvironmentName: environment})
	if err != nil {
		return nil, classed(err)
	}
	for _, settings := range out.ConfigurationSettings {
		if settings.DeploymentStatus != types.ConfigurationDeploymentStatusDeployed {
			continue // on its way, or not taken
		}
		now := map[string]string{}
		for name, namespace := range namespaces() {
			for _, o := range settings.OptionSettings {
				if aws.ToString(o.Namespace) == namespace && aws.ToString(o.OptionName) == name {
					now[name] = aws.ToString(o.Value)
				}
			}
		}
		if now[health] != "enhanced" && now[managed] != "true" {
			return nil, fault.New(fault.Refused, "turn on enhanced health reporting for the environment first, which needs a "+
				"service role and an instance profile: managed updates go by it")
		}
		return now, nil
	}
	return nil, fault.New(fault.Retry, "no settings of the environment are deployed: it is being made or updated")
}

// classed tells what Elastic Beanstalk says with one code for all that is wrong with a call.
func classed(err error) error {
	if fault.Of(err) != fault.Invalid {
		return err
	}
	says := strings.ToLower(err.Error())
	switch {
	case strings.Contains(says, "no environment found"), strings.Contains(says, "no application named"):
		return fault.Wrap(fault.Gone, err)
	case strings.Contains(says, "invalid state"), strings.Contains(says, "must be ready"):
		return fault.Wrap(fault.Retry, err)
	}
	return err
}

func wantUpdates(now map[string]string, env control.Env) (map[string]string, error) {
	asked := env.Params.Text(level)
	if now[managed] == "true" && (asked == "" || now[level] == asked) {
		return now, nil
	}
	switch {
	case now[managed] == "true" && now[level] == "minor":
		return now, fault.New(fault.Refused, "set the level to patch by hand, or let Security Hub take any level: with "+
			"minor the environment gets those of patch too")
	case asked != "":
		now[level] = asked
	case now[level] == "":
		now[level] = "patch"
	}
	if now[start] == "" {
		now[start] = env.Params.Text("maintenanceWindow")
	}
	now[managed] = "true"
	return now, nil
}

// putOptions names the options that change; an empty one is taken away.
func putOptions(ctx context.Context, env control.Env, change map[string]string) error {
	in := &elasticbeanstalk.UpdateEnvironmentInput{}
	in.ApplicationName, in.EnvironmentName = of(env)
	for name, value := range change {
		namespace := aws.String(namespaces()[name])
		if value == "" {
			in.OptionsToRemove = append(in.OptionsToRemove, types.OptionSpecification{Namespace: namespace, OptionName: &name})
			continue
		}
		in.OptionSettings = append(in.OptionSettings,
			types.ConfigurationOptionSetting{Namespace: namespace, OptionName: &name, Value: &value})
	}
	_, err := elasticbeanstalk.NewFromConfig(env.Config).UpdateEnvironment(ctx, in)
	return classed(err)
}
