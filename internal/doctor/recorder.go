package doctor

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

// recorder: AWS Config, by whose rules Security Hub checks, is on there and records what the control is about.
func recorder() Check {
	actions := []string{"config:DescribeConfigurationRecorderStatus", "config:DescribeConfigurationRecorders"}
	ask := func(ctx context.Context, p *Patient) Answer {
		if fails := p.Control.Fails; fails.Rule == "" {
			return notAsked("%s goes by no rule of AWS Config", p.ControlID)
		}
		cfg, err := p.enter(ctx, actions...)
		if err != nil {
			return unseen(err, strings.Join(actions, ", "))
		}
		client := configservice.NewFromConfig(cfg)
		all, err := client.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
		if err != nil {
			return unseen(err, actions[1])
		}
		// Services of AWS have recorders of their own, by which Security Hub does not go.
		at := slices.IndexFunc(all.ConfigurationRecorders, func(r types.ConfigurationRecorder) bool {
			return r.ServicePrincipal == nil
		})
		if at < 0 {
			return wrong(p.fixRecorder(), "AWS Config has no recorder in %s, %s: nothing is checked", p.Account, p.Region)
		}
		r := all.ConfigurationRecorders[at]
		status, err := client.DescribeConfigurationRecorderStatus(ctx,
			&configservice.DescribeConfigurationRecorderStatusInput{ConfigurationRecorderNames: []string{aws.ToString(r.Name)}})
		if err != nil {
			return unseen(err, actions[0])
		}
		if !slices.ContainsFunc(status.ConfigurationRecordersStatus, func(s types.ConfigurationRecorderStatus) bool {
			return s.Recording
		}) {
			return wrong(p.there("configservice start-configuration-recorder --configuration-recorder-name %s",
				aws.ToString(r.Name)), "the recorder %s of AWS Config is stopped in %s, %s", aws.ToString(r.Name), p.Account,
				p.Region)
		}
		return p.records(ctx, r)
	}
	return Check{Name: "recorder", of: ofControl, ask: ask}
}

// fixRecorder is Salve's own playbook, where it has the one.
func (p *Patient) fixRecorder() string {
	if _, ok := p.Controls.Get("Config.1"); ok {
		return "salve apply Config.1 AWS::::Account:" + p.Account + " --account " + p.Account + " --region " + p.Region +
			" --yes"
	}
	return p.there("configservice put-configuration-recorder help")
}

// records says whether a recorder that is on records the control's types. Where findings come all the same, the
// control goes by time and not by what is recorded.
func (p *Patient) records(ctx context.Context, r types.ConfigurationRecorder) Answer {
	name := aws.ToString(r.Name)
	left := notRecorded(r, p.Control.Resources)
	if len(left) == 0 {
		return ok("the recorder %s of AWS Config is on, and records what %s is about", name, p.ControlID)
	}
	if all, err := p.findings(ctx); err == nil && len(all) > 0 {
		return ok("the recorder %s of AWS Config is on; %s is checked without %s in it", name, p.ControlID,
			strings.Join(left, ", "))
	}
	return wrong(p.there("configservice put-configuration-recorder")+" with "+strings.Join(left, ", ")+
		" among resourceTypes; describe-configuration-recorders shows what it has now",
		"the recorder %s of AWS Config does not record %s, and there is no finding of %s", name, strings.Join(left, ", "),
		p.ControlID)
}

// notRecorded are the types of AWS Config, of those that findings name by ASFF, that a recorder leaves out. What AWS
// Config has no type for is recorded by none.
func notRecorded(r types.ConfigurationRecorder, asff []string) []string {
	var left []string
	for _, name := range asff {
		kind := configType(name)
		if kind == "" || r.RecordingGroup == nil {
			continue
		}
		g := r.RecordingGroup
		listed := slices.Contains(g.ResourceTypes, types.ResourceType(kind))
		switch {
		case g.ExclusionByResourceTypes != nil && len(g.ExclusionByResourceTypes.ResourceTypes) > 0:
			if slices.Contains(g.ExclusionByResourceTypes.ResourceTypes, types.ResourceType(kind)) {
				left = append(left, kind)
			}
		case g.AllSupported && (g.IncludeGlobalResourceTypes || !strings.HasPrefix(kind, "AWS::IAM::")), listed:
		default:
			left = append(left, kind)
		}
	}
	return left
}

// configType is the type of AWS Config that ASFF calls otherwise, "" where it has none: AwsS3Bucket is AWS::S3::Bucket.
func configType(asff string) string {
	plain := strings.ToLower(asff)
	if other, ok := otherwise()[plain]; ok {
		plain = other
	}
	for _, kind := range types.ResourceType("").Values() {
		if strings.ToLower(strings.ReplaceAll(string(kind), "::", "")) == plain {
			return string(kind)
		}
	}
	return ""
}

// otherwise are the types that ASFF does not just write in other capitals.
// Source: https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html beside the resource types of
// AWS Config.
func otherwise() map[string]string {
	return map[string]string{
		"awselbv2loadbalancer":             "awselasticloadbalancingv2loadbalancer",
		"awselbloadbalancer":               "awselasticloadbalancingloadbalancer",
		"awsopensearchservicedomain":       "awsopensearchdomain",
		"awscertificatemanagercertificate": "awsacmcertificate",
		"awsstepfunctionstatemachine":      "awsstepfunctionsstatemachine",
	}
}
