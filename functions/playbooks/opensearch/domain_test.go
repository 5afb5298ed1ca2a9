package opensearch_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
	"github.com/aws/aws-sdk-go-v2/service/opensearch/types"

	playbook "github.com/salve-security/salve/functions/playbooks/opensearch"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const domains = "arn:aws:es:us-east-1:222222222222:domain/"

func name(resource string) *string { return aws.String(strings.TrimPrefix(resource, domains)) }

// update changes a domain.
func update(in opensearch.UpdateDomainConfigInput) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		in.DomainName = name(resource)
		playbooktest.Got(opensearch.NewFromConfig(root).UpdateDomainConfig(ctx, &in))(t)
	}
}

// suite is all but the control: a domain with fine-grained access control and everything else off.
func suite() playbooktest.Suite {
	return playbooktest.Suite{
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			t.Helper()
			_, err := cloudwatchlogs.NewFromConfig(root).DeleteResourcePolicy(ctx, &cloudwatchlogs.DeleteResourcePolicyInput{
				PolicyName: aws.String("opensearch-logs"), // one for all domains
			})
			if fault.Of(err) != fault.Gone {
				playbooktest.Done(t, err)
			}
			return *playbooktest.Got(opensearch.NewFromConfig(root).CreateDomain(ctx, &opensearch.CreateDomainInput{
				DomainName: aws.String("shop-" + strings.ToLower(rand.Text()[:12])), EngineVersion: aws.String("OpenSearch_2.11"),
				AdvancedSecurityOptions: &types.AdvancedSecurityOptionsInput{Enabled: aws.Bool(true)},
			}))(t).DomainStatus.ARN
		},
		Foreign: []string{
			domains + "*", domains + "Shop", domains + "ab", "arn:aws:aoss:us-east-1:222222222222:collection/shop",
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			d := playbooktest.Got(opensearch.NewFromConfig(root).DescribeDomain(ctx, &opensearch.DescribeDomainInput{
				DomainName: name(resource),
			}))(t).DomainStatus
			sent := map[string]string{}
			for log, o := range d.LogPublishingOptions {
				if aws.ToBool(o.Enabled) {
					sent[log] = strings.ReplaceAll(aws.ToString(o.CloudWatchLogsLogGroupArn), *name(resource), "DOMAIN")
				}
			}
			return []any{
				*d.EncryptionAtRestOptions.Enabled, sent, *d.NodeToNodeEncryptionOptions.Enabled, *d.ServiceSoftwareOptions,
			}
		},
		DisturbFact: update(opensearch.UpdateDomainConfigInput{
			AdvancedSecurityOptions: &types.AdvancedSecurityOptionsInput{Enabled: aws.Bool(false)},
			ClusterConfig:           &types.ClusterConfig{InstanceType: "t2.small.search"},
		}),
		Unrelated: update(opensearch.UpdateDomainConfigInput{
			NodeToNodeEncryptionOptions: &types.NodeToNodeEncryptionOptions{Enabled: aws.Bool(true)},
		}),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			playbooktest.Got(opensearch.NewFromConfig(root).DeleteDomain(ctx, &opensearch.DeleteDomainInput{
				DomainName: name(resource),
			}))(t)
		},
		Skip: map[string]string{playbooktest.CaseNarrow: "the lab cannot tell which domain a call of OpenSearch is about"},
	}
}

// releases are those of service software on domains, which the emulators do not update.
type releases struct{ all sync.Map }

func (r *releases) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	if !strings.HasSuffix(in.URL.Path, "/serviceSoftwareUpdate/start") {
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	_, _ = w.Write([]byte("{}"))
}

// amend puts an update right: what was started is there at once.
func (r *releases) amend(in, out any) {
	if started, ok := in.(*opensearch.StartServiceSoftwareUpdateInput); ok {
		r.all.Store(*started.DomainName, true)
	}
	if d, ok := out.(*opensearch.DescribeDomainOutput); ok {
		_, updated := r.all.Load(*d.DomainStatus.DomainName)
		d.DomainStatus.ServiceSoftwareOptions = release(updated)
	}
}

func release(updated bool) *types.ServiceSoftwareOptions {
	if updated {
		return &types.ServiceSoftwareOptions{
			CurrentVersion: aws.String("R2"), UpdateAvailable: aws.Bool(false), UpdateStatus: types.DeploymentStatusCompleted,
		}
	}
	return &types.ServiceSoftwareOptions{
		CurrentVersion: aws.String("R1"), NewVersion: aws.String("R2"), UpdateAvailable: aws.Bool(true),
		UpdateStatus: types.DeploymentStatusEligible,
	}
}

func TestDomains(t *testing.T) {
	const once = "it cannot be taken back, and has two values"
	is := &releases{}
	world := playbooktest.Amended(playbooktest.Serving(t, "es", is), is.amend)
	t.Run("encryption", func(t *testing.T) {
		s := suite()
		s.World, s.Control = world, playbooktest.Pick(t, playbook.Encryption(), "Opensearch.1")
		s.Skip[playbooktest.CaseDrift] = once
		playbooktest.Run(t, s)
	})
	t.Run("service software", func(t *testing.T) {
		s := suite()
		s.World, s.Control = world, playbooktest.Pick(t, playbook.Software(), "Opensearch.10")
		s.Skip[playbooktest.CaseDrift] = once
		playbooktest.Run(t, s)
	})
	t.Run("audit log", func(t *testing.T) {
		s := suite()
		s.World, s.Control = world, playbooktest.Pick(t, playbook.AuditLog(), "Opensearch.5")
		s.Disturb = update(opensearch.UpdateDomainConfigInput{LogPublishingOptions: map[string]types.LogPublishingOption{
			"AUDIT_LOGS": {Enabled: aws.Bool(true), CloudWatchLogsLogGroupArn: group("elsewhere")},
		}})
		playbooktest.Run(t, s)
	})
}

func group(name string) *string {
	return aws.String("arn:aws:logs:us-east-1:222222222222:log-group:" + name)
}

// answers are a domain and its configuration, each as changed, in an account with a policy for the usual log groups.
func answers(changes ...func(d *types.DomainStatus, c *types.DomainConfig)) playbooktest.StandIn {
	d := &types.DomainStatus{
		DomainName: aws.String("shop"), EngineVersion: aws.String("OpenSearch_2.11"), Processing: aws.Bool(false),
		DomainProcessingStatus: "Active", ClusterConfig: &types.ClusterConfig{InstanceType: "m6g.large.search"},
		AdvancedSecurityOptions: &types.AdvancedSecurityOptions{Enabled: aws.Bool(true)},
		ServiceSoftwareOptions:  release(false),
	}
	c := &types.DomainConfig{
		EncryptionAtRestOptions: &types.EncryptionAtRestOptionsStatus{
			Options: &types.EncryptionAtRestOptions{Enabled: aws.Bool(false)}, Status: &types.OptionStatus{State: "Active"},
		},
		LogPublishingOptions: &types.LogPublishingOptionsStatus{
			Options: map[string]types.LogPublishingOption{
				"ES_APPLICATION_LOGS": {Enabled: aws.Bool(true), CloudWatchLogsLogGroupArn: group("errors")},
			},
			Status: &types.OptionStatus{State: "Active"},
		},
	}
	for _, change := range changes {
		change(d, c)
	}
	return playbooktest.Answers(&opensearch.DescribeDomainOutput{DomainStatus: d},
		&opensearch.DescribeDomainConfigOutput{DomainConfig: c}, &cloudwatchlogs.DescribeLogGroupsOutput{},
		&cloudwatchlogs.DescribeResourcePoliciesOutput{})
}

type change = func(d *types.DomainStatus, c *types.DomainConfig)

// The changes that put a domain on the other side of the line, or out of its reach.
func encrypted(_ *types.DomainStatus, c *types.DomainConfig) {
	c.EncryptionAtRestOptions.Options.Enabled = aws.Bool(true)
}

func audited(_ *types.DomainStatus, c *types.DomainConfig) {
	c.LogPublishingOptions.Options["AUDIT_LOGS"] = types.LogPublishingOption{
		Enabled: aws.Bool(true), CloudWatchLogsLogGroupArn: group("audit"),
	}
}

func updated(d *types.DomainStatus, _ *types.DomainConfig) { d.ServiceSoftwareOptions = release(true) }

func elasticsearch(d *types.DomainStatus, _ *types.DomainConfig) {
	d.EngineVersion = aws.String("Elasticsearch_7.10")
}

func changing(d *types.DomainStatus, c *types.DomainConfig) {
	d.DomainProcessingStatus = "Modifying"
	c.EncryptionAtRestOptions.Status.State, c.LogPublishingOptions.Status.State = "Processing", "Processing"
}

func deleted(d *types.DomainStatus, _ *types.DomainConfig) { d.Deleted = aws.Bool(true) }

func bare(d *types.DomainStatus, c *types.DomainConfig) {
	d.DomainName, *c = nil, types.DomainConfig{}
}

// line is a control's: the change that meets it, and shapes of its own.
type line struct {
	good change
	own  map[string]playbooktest.Shape
}

func encryptionLine() line {
	return line{encrypted, map[string]playbooktest.Shape{
		"being turned on": {Answers: answers(encrypted, changing), Fails: true},
		"old nodes": {Class: fault.Refused, Words: []string{"t2.small.search"}, Answers: answers(
			func(d *types.DomainStatus, _ *types.DomainConfig) { d.ClusterConfig.InstanceType = "t2.small.search" })},
		"not said": {Class: fault.Invalid, Answers: answers(func(_ *types.DomainStatus, c *types.DomainConfig) {
			c.EncryptionAtRestOptions = nil
		})},
	}}
}

func auditLine() line {
	return line{audited, map[string]playbooktest.Shape{
		"being turned on": {Answers: answers(audited, changing), Fails: true},
		"no logs at all": {Fails: true, Answers: answers(func(_ *types.DomainStatus, c *types.DomainConfig) {
			c.LogPublishingOptions = nil
		})},
		"off again": {Fails: true, Answers: answers(audited, func(_ *types.DomainStatus, c *types.DomainConfig) {
			c.LogPublishingOptions.Options["AUDIT_LOGS"] = types.LogPublishingOption{Enabled: aws.Bool(false)}
		})},
		"without access control": {Class: fault.Refused, Words: []string{"Opensearch.7"}, Answers: answers(
			func(d *types.DomainStatus, _ *types.DomainConfig) { d.AdvancedSecurityOptions = nil })},
		"named group, not open": {
			Class: fault.Refused, Words: []string{"es.amazonaws.com", "audit"}, Answers: answers(),
			Params: map[string]any{"logGroupName": "audit"},
		},
		"named group, open": {
			Fails: true, Answers: open("arn:aws:logs:us-east-1:222222222222:log-group:aud*:*", "any"),
			Params: map[string]any{"logGroupName": "audit"},
		},
		"the policy's name is taken": {
			Class: fault.Refused, Words: []string{"opensearch-logs"},
			Answers: open("arn:aws:logs:us-east-1:222222222222:log-group:other:*", "opensearch-logs"),
		},
		"as many policies as AWS takes": {
			Class: fault.Refused, Words: []string{"merge"},
			Answers: open("arn:aws:logs:us-east-1:222222222222:log-group:other:*", strings.Split("abcdefghij", "")...),
		},
	}}
}

func softwareLine() line {
	return line{updated, map[string]playbooktest.Shape{
		"optional": {Fails: true, Answers: answers(func(d *types.DomainStatus, _ *types.DomainConfig) {
			d.ServiceSoftwareOptions.OptionalDeployment = aws.Bool(true)
		})},
		"scheduled": {Fails: true, Answers: answers(
			func(d *types.DomainStatus, _ *types.DomainConfig) {
				d.ServiceSoftwareOptions.UpdateStatus = "PENDING_UPDATE"
			})},
		"not eligible": {Class: fault.Refused, Words: []string{"full"}, Answers: answers(
			func(d *types.DomainStatus, _ *types.DomainConfig) {
				d.ServiceSoftwareOptions.UpdateStatus = "NOT_ELIGIBLE"
				d.ServiceSoftwareOptions.Description = aws.String("It is full.")
			})},
		"without a version": {Class: fault.Invalid, Answers: answers(func(d *types.DomainStatus, _ *types.DomainConfig) {
			d.ServiceSoftwareOptions.NewVersion = nil
		})},
		"not said": {Class: fault.Invalid, Answers: answers(func(d *types.DomainStatus, _ *types.DomainConfig) {
			d.ServiceSoftwareOptions = nil
		})},
	}}
}

// AWS fails what is not asked for. What is asked for and not yet in effect is waited for, whoever has asked; a domain
// that is being changed otherwise takes no change.
func TestLine(t *testing.T) {
	for id, row := range map[string]line{
		"Opensearch.1": encryptionLine(), "Opensearch.5": auditLine(), "Opensearch.10": softwareLine(),
	} {
		for what, shape := range map[string]playbooktest.Shape{
			"bad": {Answers: answers(), Fails: true}, "good": {Answers: answers(row.good)},
			"Elasticsearch": {Answers: answers(elasticsearch)},
			"changing":      {Answers: answers(changing), Class: fault.Retry, Words: []string{"Modifying"}},
			"changing, in older Regions": {Class: fault.Retry, Words: []string{"Modifying"}, Answers: answers(
				func(d *types.DomainStatus, _ *types.DomainConfig) {
					d.DomainProcessingStatus, d.UpgradeProcessing = "", aws.Bool(true)
				})},
			"deleted": {Answers: answers(deleted), Class: fault.Gone}, "none": {Answers: answers(bare), Class: fault.Invalid},
		} {
			row.own[what] = shape
		}
		all := append(append(playbook.Encryption(), playbook.AuditLog()...), playbook.Software()...)
		playbooktest.Judged(t, playbooktest.Pick(t, all, id), domains+"shop", row.own)
	}
}

// open are answers of an account with policies of these names that let OpenSearch write to a resource.
func open(resource string, names ...string) playbooktest.StandIn {
	out := &cloudwatchlogs.DescribeResourcePoliciesOutput{}
	for _, name := range names {
		out.ResourcePolicies = append(out.ResourcePolicies, logs.ResourcePolicy{
			PolicyName: &name, PolicyDocument: aws.String(`{"Statement":[{"Effect":"Allow","Principal":{"Service":` +
				`"es.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"` + resource + `"}]}`),
		})
	}
	is := answers()
	is["DescribeResourcePolicies"] = playbooktest.Answers(out)["DescribeResourcePolicies"]
	return is
}

// A change is there once it is in effect, not when it is asked for, and is taken back in between. Logs beside it stay.
func TestChangesTakeTheirTime(t *testing.T) {
	c := playbooktest.Pick(t, playbook.AuditLog(), "Opensearch.5")
	config, all := types.DomainConfig{}, map[string]types.LogPublishingOption{}
	is := answers(func(_ *types.DomainStatus, c *types.DomainConfig) { config = *c })
	is["DescribeDomainConfig"] = func(any) (any, error) {
		return &opensearch.DescribeDomainConfigOutput{DomainConfig: &config}, nil
	}
	is["UpdateDomainConfig"] = func(in any) (any, error) {
		all = in.(*opensearch.UpdateDomainConfigInput).LogPublishingOptions
		config.LogPublishingOptions.Options, config.LogPublishingOptions.Status.State = all, "Processing"
		return &opensearch.UpdateDomainConfigOutput{}, nil
	}
	for _, made := range []any{
		&cloudwatchlogs.CreateLogGroupOutput{}, &cloudwatchlogs.PutRetentionPolicyOutput{},
		&cloudwatchlogs.PutResourcePolicyOutput{},
	} {
		for operation, answer := range playbooktest.Answers(made) {
			is[operation] = answer
		}
	}
	env := playbooktest.Env(t, c, domains+"shop", playbooktest.Unplugged(), is)
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	playbooktest.Done(t, c.Apply(t.Context(), env, plan))
	usual := *group("/aws/opensearch/shop/audit-logs")
	if !*all["ES_APPLICATION_LOGS"].Enabled || *all["AUDIT_LOGS"].CloudWatchLogsLogGroupArn != usual {
		t.Errorf("sent %+v", all)
	}
	seen := playbooktest.Got(c.Verify(t.Context(), env, plan))(t)
	if len(seen.Left) == 0 {
		t.Error("what is asked for is taken for what is in effect")
	}
	playbooktest.Done(t, c.Apply(t.Context(), env, playbooktest.Got(c.PlanUndo(t.Context(), env, seen.Changes))(t)))
	if *all["AUDIT_LOGS"].Enabled {
		t.Error("the undo leaves the log being turned on")
	}
}
