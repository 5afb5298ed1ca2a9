package cloudtrail

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// itself is CloudTrail as IAM knows it.
const itself = "cloudtrail.amazonaws.com"

// delivery is where a trail writes its events beside the bucket; empty where it does not.
type delivery struct {
	LogGroup, Role string // ARNs, that of the group as CloudTrail spells it
	// Groups is the group for it, once it is there.
	Groups map[string]needs.Group
	// Trouble is why CloudTrail cannot get the role.
	Trouble string `salve:"fact"`
}

// LogGroup returns the control that has a trail write into a log group too.
func LogGroup() []control.Control {
	return []control.Control{control.Of[delivery]{
		Info: control.Info{
			ID: "CloudTrail.5", Writes: "cloudtrail.trail.log-group",
			Effect: "CloudTrail writes the events of the trail into a log group too, within minutes, those of all Regions " +
				"where it has them. CloudWatch bills each GB that comes in, data events among it, and what is kept. The bucket " +
				"and its policy stay as they are.",
			Fails:   control.Fails{When: "The trail has no log group.", Rule: "cloud-trail-cloud-watch-logs-enabled"},
			Impact:  control.ImpactNone,
			Pattern: trailARN,
			Params: []control.Param{
				needs.GroupParam("the events", "/cloudtrail/ and the trail's name"),
				needs.RoleParam(itself, "writes into the group"),
			},
			Actions: append(append(needs.GroupActions(), needs.RoleActions()...),
				"cloudtrail:GetTrail", "cloudtrail:UpdateTrail"),
			Passes: []string{itself},
			OneWay: map[string]string{"Groups/*": needs.LeftGroups},
			Narrow: func(env control.Env) []string {
				group := env.Target.ARN("logs", "log-group:"+groupName(env))
				return []string{env.Target.Resource, group, group + ":*"}
			},
		},
		Read: readDelivery, Want: wantDelivery,
		Passed: func(_ control.Env, _, to delivery) []string {
			if to.Role == "" {
				return nil
			}
			return []string{to.Role}
		},
		Write: func(ctx context.Context, env control.Env, from, to delivery) error {
			if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
				return err
			}
			if from.LogGroup == to.LogGroup && from.Role == to.Role {
				return nil
			}
			// Empty texts take the group away.
			_, err := cloudtrail.NewFromConfig(env.Config).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &env.Target.Resource, CloudWatchLogsLogGroupArn: &to.LogGroup, CloudWatchLogsRoleArn: &to.Role,
			})
			return err
		},
	}.Control()}
}

// groupName is the group that people named, else one by the trail's name.
func groupName(env control.Env) string {
	if named := env.Params.Text(needs.ParamGroup); named != "" {
		return named
	}
	name, ok := strings.CutPrefix(env.Target.Resource[strings.LastIndex(env.Target.Resource, ":")+1:], "trail/")
	if !ok {
		return ""
	}
	return "/cloudtrail/" + name
}

func readDelivery(ctx context.Context, env control.Env) (delivery, error) {
	now := delivery{}
	out, err := cloudtrail.NewFromConfig(env.Config).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &env.Target.Resource})
	if err != nil {
		return now, err
	}
	trail, err := kind.Answered(out.Trail, "GetTrail", "a trail")
	if err != nil {
		return now, err
	}
	now.LogGroup, now.Role = aws.ToString(trail.CloudWatchLogsLogGroupArn), aws.ToString(trail.CloudWatchLogsRoleArn)
	if home := aws.ToString(trail.HomeRegion); now.LogGroup == "" && home != "" && home != env.Target.Region {
		return now, abroad(home, env)
	}
	if now.Groups, err = needs.FoundGroup(ctx, env, groupName(env)); err != nil {
		return now, err
	}
	now.Trouble, err = needs.RoleTrouble(ctx, env, itself)
	return now, err
}

// wantDelivery leaves a group that is there, whichever it is.
func wantDelivery(now delivery, env control.Env) (delivery, error) {
	switch {
	case now.LogGroup != "":
		return now, nil
	case now.Trouble != "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	name := groupName(env)
	now.Groups[name] = needs.Group{Name: name}
	now.LogGroup, now.Role = env.Target.ARN("logs", "log-group:"+name)+":*", needs.OwnRole(env, itself)
	return now, nil
}
