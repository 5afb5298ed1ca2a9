// Package wafv2 holds the playbooks for AWS WAF.
package wafv2

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// aclARN accepts web ACLs of every partition, those of CloudFront too; the calls about logs take it whole.
var aclARN = regexp.MustCompile(
	`^(arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:(?:regional|global)/webacl/[A-Za-z0-9_-]{1,128}/[0-9a-f-]{36})$`)

// prefix begins the names of all destinations that WAF takes.
const prefix = "aws-waf-logs-"

// logging is what a web ACL logs, nil for nothing, and the log group for it.
type logging struct {
	Log     *log
	Groups  map[string]needs.Group
	Trouble string `salve:"fact"` // why it cannot log
}

// log has the ARNs that requests are logged to, and the headers that are left out.
type log struct {
	Destinations map[string]bool
	Redacted     map[string]bool `json:",omitempty"`
}

// Logging returns the control that has web ACLs log the requests that they look at.
func Logging() []control.Control {
	return []control.Control{control.Of[logging]{
		Info: control.Info{
			ID: "WAF.11",
			Effect: "Each request that the web ACL looks at is logged into a CloudWatch log group, with its headers but for " +
				"authorization and cookie, and with its query: look whether addresses hold what nobody may read. CloudWatch " +
				"bills it by the gigabyte, which is much for a busy site. Who sends requests notices nothing.",
			Fails: control.Fails{
				When: "The web ACL, be it of a Region or of CloudFront, has no logging configuration of its own. Where it logs " +
					"to and what it leaves out does not matter; what Security Lake collects does not count.",
				Rule: "wafv2-logging-enabled",
			},
			Impact:  control.ImpactNone,
			Pattern: aclARN,
			Params:  []control.Param{needs.GroupParam("requests, beginning with "+prefix, prefix+"NAME")},
			Actions: append(needs.GroupActions(), "logs:CreateLogDelivery", "iam:CreateServiceLinkedRole",
				"logs:DescribeResourcePolicies", "logs:PutResourcePolicy", "wafv2:GetLoggingConfiguration", "wafv2:GetWebACL",
				"wafv2:PutLoggingConfiguration"),
			UndoActions: []string{"logs:DeleteLogDelivery", "wafv2:DeleteLoggingConfiguration"},
			OneWay:      map[string]string{"Groups/*": needs.LeftGroups},
			Narrow:      func(env control.Env) []string { return []string{env.Target.Resource} },
			Settle:      control.Settle{Typical: 30 * time.Second, Within: 10 * time.Minute},
		},
		Read: readLogging, Want: wantLogging, Write: writeLogging,
	}.Control()}
}

// parts are the name, the id and the scope in a web ACL's ARN.
func parts(arn string) (name, id string, scope types.Scope) {
	of := strings.Split(arn, "/")
	scope = types.ScopeRegional
	if strings.HasSuffix(of[0], ":global") {
		scope = types.ScopeCloudfront
	}
	return of[2], of[3], scope
}

func groupOf(env control.Env) string {
	name, _, _ := parts(env.Name)
	return cmp.Or(env.Params.Text(needs.ParamGroup), prefix+name)
}

// readLogging asks for the web ACL itself first: a log that is not there is answered like one that is gone.
func readLogging(ctx context.Context, env control.Env) (logging, error) {
	now, client := logging{Groups: map[string]needs.Group{}}, wafv2.NewFromConfig(env.Config)
	name, id, scope := parts(env.Name)
	acl, err := client.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: &name, Id: &id, Scope: scope})
	if err != nil {
		return now, err
	}
	if acl.WebACL == nil {
		return now, fault.New(fault.Invalid, "GetWebACL answered without a web ACL")
	}
	out, err := client.GetLoggingConfiguration(ctx, &wafv2.GetLoggingConfigurationInput{ResourceArn: &env.Name})
	switch {
	case err == nil && out.LoggingConfiguration != nil:
		now.Log = logOf(*out.LoggingConfiguration)
	case err == nil:
		return now, fault.New(fault.Invalid, "GetLoggingConfiguration answered without a configuration")
	case fault.Of(err) != fault.Gone:
		return now, err
	}
	group := groupOf(env)
	switch {
	case acl.WebACL.ManagedByFirewallManager:
		now.Trouble = "Firewall Manager manages the web ACL: have its policy turn logging on"
	case !strings.HasPrefix(group, prefix):
		now.Trouble = "WAF takes log groups alone whose names begin with " + prefix + ": name another in the parameter " +
			needs.ParamGroup
	}
	now.Groups, err = needs.FoundGroup(ctx, env, group)
	return now, err
}

func logOf(c types.LoggingConfiguration) *log {
	out := &log{map[string]bool{}, map[string]bool{}}
	for _, arn := range c.LogDestinationConfigs {
		out.Destinations[strings.TrimSuffix(arn, ":*")] = true
	}
	for _, field := range c.RedactedFields {
		if field.SingleHeader != nil {
			out.Redacted[aws.ToString(field.SingleHeader.Name)] = true
		}
	}
	return out
}

func wantLogging(now logging, env control.Env) (logging, error) {
	switch {
	case now.Log != nil:
		return now, nil
	case now.Trouble != "":
		return now, fault.New(fault.Refused, "%s", now.Trouble)
	}
	group := groupOf(env)
	now.Groups[group] = needs.Group{Name: group}
	now.Log = &log{
		Destinations: map[string]bool{env.Target.ARN("logs", "log-group:"+group): true},
		Redacted:     map[string]bool{"authorization": true, "cookie": true},
	}
	return now, nil
}

// writeLogging makes the log, or deletes the one that came. A log that somebody made meanwhile stays.
func writeLogging(ctx context.Context, env control.Env, from, to logging) error {
	if err := needs.EnsureGroup().Write(ctx, env, from.Groups, to.Groups); err != nil {
		return err
	}
	now, err := readLogging(ctx, env)
	if err != nil {
		return err
	}
	client := wafv2.NewFromConfig(env.Config)
	switch {
	case from.Log == nil && to.Log != nil && now.Log == nil:
		in := &types.LoggingConfiguration{
			ResourceArn: &env.Name, LogDestinationConfigs: slices.Sorted(maps.Keys(to.Log.Destinations)),
		}
		for _, header := range slices.Sorted(maps.Keys(to.Log.Redacted)) {
			in.RedactedFields = append(in.RedactedFields, types.FieldToMatch{SingleHeader: &types.SingleHeader{Name: &header}})
		}
		_, err = client.PutLoggingConfiguration(ctx, &wafv2.PutLoggingConfigurationInput{LoggingConfiguration: in})
	case from.Log != nil && to.Log == nil && now.Log != nil:
		_, err = client.DeleteLoggingConfiguration(ctx, &wafv2.DeleteLoggingConfigurationInput{ResourceArn: &env.Name})
	}
	return err
}
