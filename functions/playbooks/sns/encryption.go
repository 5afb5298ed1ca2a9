// Package sns holds the playbooks for Amazon SNS.
package sns

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// topicARN accepts standard and FIFO topics; a subscription has one part more.
var topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$`)

// encryption is the key of a topic; empty where it has none.
type encryption struct {
	KmsMasterKeyId string
	// Key is the one that the parameter names, by its ARN; empty where there is none that is enabled.
	Key string `salve:"fact"`
	// CutOff are those who publish to the topic and could not with the key: services, other accounts, and strangers.
	CutOff []string `salve:"fact"`
}

// Encryption returns the control that encrypts the messages of a topic with a key of the account.
func Encryption() []control.Control {
	return []control.Control{control.Of[encryption]{
		Info: control.Info{
			ID: "SNS.1", Writes: "sns.topic.key",
			Effect: "New messages are encrypted with the key. Who publishes needs kms:GenerateDataKey* and kms:Decrypt on it: " +
				"services and other accounts of the topic's policy, and CloudWatch alarms, are looked up first; roles and users " +
				"of the account need it by IAM, which nobody can list: ask those who publish. Subscribers notice nothing. Calls " +
				"of KMS are billed.",
			Fails:   control.Fails{When: "The topic has no KMS key; any will do.", Rule: "sns-encrypted-kms"},
			Impact:  control.ImpactInterrupts,
			Pattern: topicARN,
			Params: []control.Param{needs.KeyParam(needs.ParamKey, "Alias of the KMS key for topics, in the Region of the "+
				"topic, whose policy lets those who publish use it. Salve makes none: a key is billed.", "alias/sns-topics")},
			Actions: append(needs.KeyActions(), "cloudwatch:DescribeAlarms", "sns:GetTopicAttributes", "sns:SetTopicAttributes"),
			Narrow: func(env control.Env) []string {
				return append(needs.KeyARNs(env), env.Target.Resource)
			},
		},
		Read: readEncryption, Want: wantEncryption,
		Write: func(ctx context.Context, env control.Env, _, to encryption) error {
			_, err := sns.NewFromConfig(env.Config).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
				TopicArn: &env.Target.Resource, AttributeName: aws.String("KmsMasterKeyId"), AttributeValue: &to.KmsMasterKeyId,
			})
			return err
		},
	}.Control()}
}

func readEncryption(ctx context.Context, env control.Env) (encryption, error) {
	out, err := sns.NewFromConfig(env.Config).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{
		TopicArn: &env.Target.Resource,
	})
	if err != nil {
		return encryption{}, err
	}
	now := encryption{KmsMasterKeyId: out.Attributes["KmsMasterKeyId"]}
	key, err := needs.ReadKey(ctx, env, env.Params.Text(needs.ParamKey))
	if err != nil {
		return now, err
	}
	services, accounts, strangers, err := publishers(out.Attributes["Policy"], env.Target.Account)
	if err != nil {
		return now, err
	}
	alarmed, err := alarms(ctx, env)
	if err != nil {
		return now, err
	}
	if alarmed {
		services = append(services, "cloudwatch.amazonaws.com")
	}
	now.Key = key.ARN
	for _, service := range services {
		if !key.Lets(service, "kms:GenerateDataKey", "kms:Decrypt") {
			now.CutOff = append(now.CutOff, service)
		}
	}
	for _, account := range accounts {
		if !key.LetsAccount(account, "kms:GenerateDataKey", "kms:Decrypt") {
			now.CutOff = append(now.CutOff, "account "+account)
		}
	}
	if !key.LetsAnybody("kms:GenerateDataKey", "kms:Decrypt") {
		now.CutOff = append(now.CutOff, strangers...)
	}
	slices.Sort(now.CutOff)
	now.CutOff = slices.Compact(now.CutOff)
	return now, nil
}

// publishers are the services, the other accounts and the strangers that a topic's policy lets publish. A statement for
// anybody that names a source means the source's service.
func publishers(policy, own string) (services, accounts, strangers []string, err error) {
	if policy == "" {
		return nil, nil, nil, nil
	}
	document, err := policydoc.Read(policy)
	if err != nil {
		return nil, nil, nil, err
	}
	all, err := document.Statements()
	if err != nil {
		return nil, nil, nil, err
	}
	for _, s := range all {
		if s.Effect != "Allow" || !s.MayDo("sns:Publish") {
			continue
		}
		services = append(services, s.Services()...)
		for _, who := range s.Principal["AWS"] {
			if account := needs.AccountOf(who); account != "" && account != own {
				accounts = append(accounts, account)
			}
		}
		sources := sourcesOf(s)
		if services = append(services, sources...); len(sources) == 0 && meansAnybody(s, own) {
			strangers = append(strangers, "everybody else whom the topic's policy lets publish")
		}
	}
	return services, accounts, strangers, nil
}

// meansAnybody tells a statement for anybody, be it on conditions, that is not for the account itself alone.
func meansAnybody(s policydoc.Statement, own string) bool {
	_, all := s.Principal["*"]
	return (all || s.NotPrincipal != nil || slices.Contains(s.Principal["AWS"], "*")) && !ofAccount(s, own)
}

// sourcesOf are the services of the sources that a statement's conditions name.
func sourcesOf(s policydoc.Statement) (services []string) {
	for _, keys := range s.Condition {
		for key, values := range keys {
			for _, source := range values {
				if parts := strings.Split(source, ":"); strings.EqualFold(key, "aws:SourceArn") && len(parts) > 2 {
					services = append(services, parts[2]+".amazonaws.com")
				}
			}
		}
	}
	return services
}

// ofAccount tells that a condition of a statement lets in nobody but who is of the account, or acts for it.
func ofAccount(s policydoc.Statement, own string) bool {
	for operator, keys := range s.Condition {
		switch strings.ToLower(operator) {
		case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike":
		default:
			continue // lets in who has no such value, or all but some
		}
		for key, values := range keys {
			switch strings.ToLower(key) {
			case "aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourceowner":
				others := func(value string) bool { return needs.AccountOf(value) != own }
				if len(values) > 0 && !slices.ContainsFunc(values, others) {
					return true
				}
			}
		}
	}
	return false
}

// alarms tells that alarms of CloudWatch publish to the topic: the policy that every topic begins with lets them.
func alarms(ctx context.Context, env control.Env) (bool, error) {
	topic := env.Target.Resource
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(env.Config), &cloudwatch.DescribeAlarmsInput{
		ActionPrefix: &topic,
		AlarmTypes: []cloudwatchtypes.AlarmType{
			cloudwatchtypes.AlarmTypeMetricAlarm, cloudwatchtypes.AlarmTypeCompositeAlarm,
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, a := range page.MetricAlarms {
			if slices.Contains(slices.Concat(a.AlarmActions, a.OKActions, a.InsufficientDataActions), topic) {
				return true, nil
			}
		}
		for _, a := range page.CompositeAlarms {
			if slices.Contains(slices.Concat(a.AlarmActions, a.OKActions, a.InsufficientDataActions), topic) {
				return true, nil
			}
		}
	}
	return false, nil
}

// wantEncryption leaves a key that is there, whichever it is.
func wantEncryption(now encryption, env control.Env) (encryption, error) {
	switch alias := env.Params.Text(needs.ParamKey); {
	case now.KmsMasterKeyId != "":
		return now, nil
	case now.Key == "":
		return now, fault.New(fault.Refused, "make a KMS key with the alias %s whose policy lets those who publish use "+
			"kms:GenerateDataKey* and kms:Decrypt, or name the alias of one in the parameter %s: none that is enabled, and "+
			"symmetric, has it", alias, needs.ParamKey)
	case len(now.CutOff) > 0:
		return now, fault.New(fault.Refused, "let %s use kms:GenerateDataKey* and kms:Decrypt by the policy of the key %s: "+
			"they publish to the topic and could not any more", strings.Join(now.CutOff, ", "), alias)
	}
	now.KmsMasterKeyId = now.Key
	return now, nil
}
