package deploy_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/deploy"
)

// partition is what is called otherwise in each of them, and two of its Regions.
type partition struct {
	name, suffix string
	regions      []string
}

func partitions() []partition {
	return []partition{
		{"aws", "amazonaws.com", []string{"ap-southeast-7", "mx-central-1"}},
		{"aws-cn", "amazonaws.com.cn", []string{"cn-north-1", "cn-northwest-1"}},
		{"aws-us-gov", "amazonaws.com", []string{"us-gov-east-1", "us-gov-west-1"}},
	}
}

// in is the template in a Region, with every option on that there is.
func (p partition) in(t *testing.T, region, text string) stack {
	t.Helper()
	own := func(arn string) string { return strings.Replace(arn, "arn:aws:", "arn:"+p.name+":", 1) }
	s := fullHub(t)
	if text == deploy.Member() {
		s = fullMember(t)
	}
	for name, value := range s.values {
		if strings.Contains(value, "arn:aws:") {
			s.values[name] = strings.ReplaceAll(own(value), "eu-central-1", region)
		}
	}
	for name, value := range map[string]string{
		"AWS::Partition": p.name, "AWS::URLSuffix": p.suffix, "AWS::Region": region,
		"LimitedOperatorPrincipals": own("arn:aws:iam::*:role/web"),
	} {
		s.values[name] = value
	}
	return s
}

var (
	anyARN       = regexp.MustCompile(`\barn:[^:]*:`)
	anyHost      = regexp.MustCompile(`[A-Za-z0-9.-]+\.amazonaws\.com[A-Za-z0-9.*-]*`)
	anyRegion    = regexp.MustCompile(`\b(?:ap|cn|eu|mx|us)(?:-[a-z]+){1,2}-[0-9]+\b`)
	ofAnyService = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
)

// TestTemplatesInEveryPartition resolves both templates in each partition and looks at every ARN, principal and host.
func TestTemplatesInEveryPartition(t *testing.T) {
	for _, p := range partitions() {
		for _, region := range p.regions {
			for name, text := range map[string]string{"hub": deploy.Hub(), "member": deploy.Member()} {
				t.Run(region+" "+name, func(t *testing.T) {
					seen := 0
					for id, r := range p.in(t, region, text).resources() {
						for _, found := range p.foreign(region, textsIn(r), &seen) {
							t.Errorf("%s: %s", id, found)
						}
					}
					if seen < 20 {
						t.Errorf("only %d ARNs and hosts", seen)
					}
				})
			}
		}
	}
}

// foreign is what texts have that another partition or Region would understand. It counts what it looked at.
func (p partition) foreign(region string, all []string, seen *int) []string {
	var out []string
	for _, text := range all {
		for _, arn := range anyARN.FindAllString(text, -1) {
			if *seen++; arn != "arn:"+p.name+":" && arn != "arn:*:" {
				out = append(out, arn+" in "+text)
			}
		}
		for _, host := range anyHost.FindAllString(text, -1) {
			if *seen++; !p.knows(region, host) {
				out = append(out, host+" in "+text)
			}
		}
		for _, named := range anyRegion.FindAllString(text, -1) {
			if named != region {
				out = append(out, named+" in "+text)
			}
		}
	}
	return out
}

// knows tells a name of a service that the partition has: most principals are the same in all, EC2's ends as the
// partition does, and kms:ViaService names Region and suffix.
func (p partition) knows(region, host string) bool {
	switch service, via := strings.CutSuffix(host, "."+region+".amazonaws.com*"); {
	case via:
		return service != ""
	case strings.HasPrefix(host, "ec2."):
		return host == "ec2."+p.suffix
	}
	return ofAnyService.MatchString(host)
}

// textsIn are all texts of a tree, its keys among them.
func textsIn(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, textsIn(item)...)
		}
		return out
	case map[string]any:
		var out []string
		for key, item := range v {
			out = append(append(out, key), textsIn(item)...)
		}
		return out
	}
	return []string{fmt.Sprint(v)}
}

// TestForeignPartitionsAreTold: what the check must find.
func TestForeignPartitionsAreTold(t *testing.T) {
	china, seen := partitions()[1], 0
	for text, wrong := range map[string]bool{
		"arn:aws-cn:s3:::b": false, "arn:aws:s3:::b": true, "arn:aws-us-gov:iam::1:role/a": true,
		"ec2.amazonaws.com.cn": false, "ec2.amazonaws.com": true, "sns.amazonaws.com": false,
		"sqs.cn-north-1.amazonaws.com*": false, "sqs.us-east-1.amazonaws.com*": true,
		"queue.amazonaws.com.cn": true, "cn-north-1": false, "cn-northwest-1": true,
	} {
		if got := china.foreign("cn-north-1", []string{text}, &seen); (len(got) > 0) != wrong {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// TestParametersTakeEveryPartition: patterns of parameters accept the ARNs and Regions of all.
func TestParametersTakeEveryPartition(t *testing.T) {
	samples := map[string]string{
		"OrchestratorRoleArn": "arn:PARTITION:iam::999999999999:role/salve-orchestrator",
		"OperatorPrincipals":  "arn:PARTITION:iam::*:role/ops", "LimitedOperatorPrincipals": "arn:PARTITION:iam::*:role/web",
		"PermissionsBoundaryArn": "arn:PARTITION:iam::111111111111:policy/boundary",
		"NoticesTopicArn":        "arn:PARTITION:sns:REGION:111111111111:team",
		"NoticesTopicKeyArn":     "arn:PARTITION:kms:REGION:111111111111:key/k1",
		"KmsKeyArn":              "arn:PARTITION:kms:REGION:111111111111:key/k1",
		"SupportPrincipal":       "arn:PARTITION:iam::111111111111:role/on-call",
	}
	tried := map[string]bool{}
	for _, text := range []string{deploy.Hub(), deploy.Member()} {
		for name, declared := range object(t, parse(t, text), "Parameters") {
			pattern, _ := object(t, declared)["AllowedPattern"].(string)
			if !strings.Contains(pattern, "arn:") {
				continue
			}
			tried[name] = true
			for _, p := range partitions() {
				for _, region := range p.regions {
					sample := strings.NewReplacer("PARTITION", p.name, "REGION", region).Replace(samples[name])
					if sample == "" || !regexp.MustCompile(pattern).MatchString(sample) {
						t.Errorf("%s does not take %q", name, sample)
					}
				}
			}
		}
	}
	if len(tried) != len(samples) {
		t.Errorf("tried %v of %v", tried, samples)
	}
}
