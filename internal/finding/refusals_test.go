package finding_test

import (
	"maps"
	"strings"

	"github.com/salve-security/salve/internal/finding"
)

type refusal struct {
	sample string
	change func(*finding.Raw)
	reason finding.Reason
	field  string
}

func set(field *string, value string) { *field = value }

func productField(name, from, to string) func(*finding.Raw) {
	return func(r *finding.Raw) { r.ProductFields[name] = strings.Replace(r.ProductFields[name], from, to, 1) }
}

func resource(change func(*finding.RawResource)) func(*finding.Raw) {
	return func(r *finding.Raw) {
		delete(r.ProductFields, "Resources:0/Id")
		change(&r.Resources[0])
	}
}

func resourceID(id string) func(*finding.Raw) {
	return resource(func(r *finding.RawResource) { r.ID = id })
}

const other = "999999999999"

// refusals are changes of valid findings, each of which must be noticed.
func refusals() map[string]refusal {
	all := map[string]refusal{}
	for _, group := range []map[string]refusal{homes(), controls(), repetitions(), resources(), globals()} {
		maps.Copy(all, group)
	}
	return all
}

// homes: product, account, Region and Id.
func homes() map[string]refusal {
	const product = "arn:aws:securityhub:eu-west-1::product/aws/securityhub"
	return map[string]refusal{
		"another format": {
			"FSBP", func(r *finding.Raw) { r.SchemaVersion = "1999-01-01" }, finding.UnknownSchema, "SchemaVersion",
		},
		"no format": {
			"FSBP", func(r *finding.Raw) { r.SchemaVersion = "" }, finding.UnknownSchema, "SchemaVersion",
		},
		"own product": {"FSBP", func(r *finding.Raw) {
			r.ProductArn = "arn:aws:securityhub:eu-west-1:" + account + ":product/" + account + "/default"
		}, finding.ForeignProduct, "ProductArn"},
		"other AWS product": {
			"FSBP",
			func(r *finding.Raw) { r.ProductArn = "arn:aws:securityhub:eu-west-1::product/aws/guardduty" },
			finding.ForeignProduct,
			"ProductArn",
		},
		"product, longer": {
			"FSBP", func(r *finding.Raw) { r.ProductArn = product + "/x" }, finding.ForgedShape, "ProductArn",
		},
		"product, line break": {
			"FSBP", func(r *finding.Raw) { r.ProductArn = product + "\n" }, finding.ForgedShape, "ProductArn",
		},
		"product elsewhere": {
			"FSBP",
			func(r *finding.Raw) { r.ProductArn = strings.Replace(product, "eu-west-1", "us-east-1", 1) },
			finding.ForgedProduct,
			"ProductArn",
		},
		"account, 11 digits": {
			"FSBP", func(r *finding.Raw) { set(&r.AwsAccountID, account[1:]) }, finding.ForgedShape, "AwsAccountId",
		},
		"Region, shape":  {"FSBP", func(r *finding.Raw) { set(&r.Region, "Eu-West-1") }, finding.ForgedShape, "Region"},
		"account, other": {"FSBP", func(r *finding.Raw) { set(&r.AwsAccountID, other) }, finding.ForgedAccount, "Id"},
		"Region, other": {
			"FSBP", func(r *finding.Raw) { set(&r.Region, "us-east-1") }, finding.ForgedProduct, "ProductArn",
		},
		"Region, other twice": {"FSBP", func(r *finding.Raw) {
			set(&r.Region, "us-east-1")
			set(&r.ProductArn, strings.Replace(product, region, "us-east-1", 1))
		}, finding.ForgedRegion, "Id"},
		"Id, partition": {"FSBP", func(r *finding.Raw) {
			set(&r.ID, strings.Replace(r.ID, "arn:aws:", "arn:aws-cn:", 1))
		}, finding.ForgedPartition, "Id"},
		"Id, shape":    {"FSBP", func(r *finding.Raw) { set(&r.ID, "abc") }, finding.ForgedID, "Id"},
		"Id, too long": {"FSBP", func(r *finding.Raw) { r.ID += strings.Repeat("0", 512) }, finding.ForgedID, "Id"},
		"Id, control": {
			"consolidated",
			func(r *finding.Raw) { set(&r.ID, strings.Replace(r.ID, "EC2.2", "EC2.19", 1)) },
			finding.ForgedControl,
			"Id",
		},
		"Id, id of a standard": {
			"PCI 3.2.1",
			func(r *finding.Raw) { set(&r.ID, strings.Replace(r.ID, "PCI.S3.1", "PCI.S3.2", 1)) },
			finding.ForgedControl,
			"Id",
		},
	}
}

// controls: what names the control.
func controls() map[string]refusal {
	return map[string]refusal{
		"control, missing": {
			"FSBP",
			func(r *finding.Raw) { set(&r.Compliance.SecurityControlID, "") },
			finding.ForgedShape,
			"Compliance.SecurityControlId",
		},
		"control, other": {
			"FSBP", func(r *finding.Raw) { set(&r.Compliance.SecurityControlID, "IAM.8") }, finding.ForgedControl, "Id",
		},
		"control, no list": {
			"FSBP",
			func(r *finding.Raw) { set(&r.Compliance.SecurityControlID, "S3.999") },
			finding.UnknownControl,
			"Compliance.SecurityControlId",
		},
		"control, Salve's own": {
			"FSBP",
			func(r *finding.Raw) { set(&r.Compliance.SecurityControlID, "Salve.IsolateInstance") },
			finding.UnknownControl,
			"Compliance.SecurityControlId",
		},
		"standard, no list": {"FSBP", func(r *finding.Raw) {
			set(&r.ID, strings.Replace(r.ID, "aws-foundational-security-best-practices", "nist-800-171", 1))
		}, finding.UnknownStandard, "Id"},
		"generator, missing": {
			"FSBP", func(r *finding.Raw) { set(&r.GeneratorID, "") }, finding.ForgedGenerator, "GeneratorId",
		},
		"generator, control": {
			"consolidated",
			func(r *finding.Raw) { set(&r.GeneratorID, "security-control/EC2.19") },
			finding.ForgedGenerator,
			"GeneratorId",
		},
		"generator, mode": {
			"FSBP",
			func(r *finding.Raw) { set(&r.GeneratorID, "security-control/S3.8") },
			finding.ForgedGenerator,
			"GeneratorId",
		},
		"generator, standard": {
			"FSBP",
			func(r *finding.Raw) { set(&r.GeneratorID, "nist-800-53/v/5.0.0/S3.8") },
			finding.ForgedGenerator,
			"GeneratorId",
		},
		"generator, partition": {"CIS 1.2.0", func(r *finding.Raw) {
			set(&r.GeneratorID, strings.Replace(r.GeneratorID, "arn:aws:", "arn:aws-cn:", 1))
		}, finding.ForgedGenerator, "GeneratorId"},
	}
}

// repetitions: what ProductFields repeat.
func repetitions() map[string]refusal {
	return map[string]refusal{
		"control ARN, control": {
			"FSBP",
			productField("StandardsControlArn", "S3.8", "S3.1"),
			finding.ForgedFields,
			"ProductFields.StandardsControlArn",
		},
		"control ARN, shape": {
			"FSBP", productField("StandardsControlArn", "arn", "nra"), finding.ForgedFields, "ProductFields.StandardsControlArn",
		},
		"control ARN, account": {
			"FSBP",
			productField("StandardsControlArn", account, other),
			finding.ForgedAccount,
			"ProductFields.StandardsControlArn",
		},
		"control ARN, Region": {
			"FSBP",
			productField("StandardsControlArn", region, "us-east-1"),
			finding.ForgedRegion,
			"ProductFields.StandardsControlArn",
		},
		"ControlId": {
			"FSBP", productField("ControlId", "S3.8", "S3.1"), finding.ForgedFields, "ProductFields.ControlId",
		},
		"RuleId": {
			"CIS 1.2.0", productField("RuleId", "1.3", "1.4"), finding.ForgedFields, "ProductFields.RuleId",
		},
		"StandardsArn": {
			"FSBP", productField("StandardsArn", "1.0.0", "2.0.0"), finding.ForgedFields, "ProductFields.StandardsArn",
		},
		"subscription, standard": {
			"FSBP",
			productField("StandardsSubscriptionArn", "1.0.0", "2.0.0"),
			finding.ForgedFields,
			"ProductFields.StandardsSubscriptionArn",
		},
		"subscription, account": {
			"CIS 1.2.0",
			productField("StandardsGuideSubscriptionArn", account, other),
			finding.ForgedAccount,
			"ProductFields.StandardsGuideSubscriptionArn",
		},
		"resource, copy": {
			"FSBP", productField("Resources:0/Id", "logs", "web"), finding.ForgedFields, "ProductFields.Resources:0/Id",
		},
	}
}

// resources: what the finding is about.
func resources() map[string]refusal {
	const id = "Resources[0].Id"
	return map[string]refusal{
		"resource, none": {"FSBP", func(r *finding.Raw) { r.Resources = nil }, finding.ManyResources, "Resources"},
		"resource, two": {
			"FSBP",
			func(r *finding.Raw) { r.Resources = append(r.Resources, finding.RawResource{ID: "x"}) },
			finding.ManyResources,
			"Resources",
		},
		"resource, type": {
			"FSBP", resource(func(r *finding.RawResource) { r.Type = "AWS::S3" }), finding.ForgedShape, "Resources[0].Type",
		},
		"resource, empty": {"FSBP", resourceID(""), finding.ForgedShape, id},
		"resource, 513 bytes": {
			"FSBP", resourceID(bucket + strings.Repeat("x", 513-len(bucket))), finding.ForgedShape, id,
		},
		"resource, line break":     {"FSBP", resourceID(bucket + "\nx"), finding.ForgedShape, id},
		"resource, right to left":  {"FSBP", resourceID(bucket + "\u202e"), finding.ForgedShape, id},
		"resource, no UTF-8":       {"FSBP", resourceID(bucket + "\xff"), finding.ForgedShape, id},
		"resource, replaced UTF-8": {"FSBP", resourceID(bucket + "\ufffd"), finding.ForgedShape, id},
		"resource, blank":          {"FSBP", resourceID(bucket + " "), finding.ForgedShape, id},
		"resource, no ARN":         {"FSBP", resourceID("a:b"), finding.ForgedShape, id},
		"resource, partition":      {"FSBP", resourceID("arn:aws-cn:s3:::logs-eu"), finding.ForgedResource, id},
		"resource, says partition": {
			"FSBP",
			resource(func(r *finding.RawResource) { r.Partition = "aws-cn" }),
			finding.ForgedResource,
			"Resources[0].Partition",
		},
		"resource, says Region": {
			"FSBP",
			resource(func(r *finding.RawResource) { r.Region = "us-east-1" }),
			finding.ForgedResource,
			"Resources[0].Region",
		},
		"resource, Region": {
			"consolidated", resourceID("arn:aws:ec2:us-east-1:" + account + ":security-group/sg-1"), finding.ForeignResource, id,
		},
		"resource, account": {
			"consolidated", resourceID("arn:aws:ec2:eu-west-1:" + other + ":security-group/sg-1"), finding.ForeignResource, id,
		},
		"resource, an organization's trail": {
			"consolidated", resourceID("arn:aws:cloudtrail:eu-west-1:" + other + ":trail/org"), finding.ForeignResource, id,
		},
		"resource, a trail of all Regions": {"consolidated", resource(func(r *finding.RawResource) {
			r.ID, r.Region = "arn:aws:cloudtrail:us-east-1:"+account+":trail/all", "us-east-1"
		}), finding.ForeignResource, "Resources[0].Region"},
		"resource, in two Regions": {"consolidated", resource(func(r *finding.RawResource) {
			r.ID, r.Region = "arn:aws:cloudtrail:us-east-1:"+account+":trail/all", "us-west-2"
		}), finding.ForgedResource, "Resources[0].Region"},
		"resource, in no Region": {
			"consolidated", resourceID("arn:aws:ec2:moon:" + account + ":security-group/sg-1"), finding.ForgedShape, id,
		},
		"resource, AWS's own": {
			"global, other Region", resourceID("arn:aws:iam::aws:policy/AdministratorAccess"), finding.ForeignResource, id,
		},
	}
}

// globals: what the finding is about, where the Region does not matter.
func globals() map[string]refusal {
	const id = "Resources[0].Id"
	return map[string]refusal{
		"global, odd Region": {
			"global, other Region", resourceID("arn:aws:iam:moon:" + account + ":user/eve"), finding.ForgedShape, id,
		},
		"global, other partition": {
			"global, other Region",
			resource(func(r *finding.RawResource) { r.Region = "cn-north-1" }),
			finding.ForgedResource,
			"Resources[0].Region",
		},
		"account, other account": {
			"account as root user", resourceID("AWS::::Account:" + other), finding.ForgedResource, id,
		},
		"account, other digits": {"account as root user", resourceID(other), finding.ForgedResource, id},
		"account, no account":   {"account as root user", resourceID(bucket), finding.ForgedResource, id},
		"account, other type":   {"FSBP", resourceID("AWS::::Account:" + account), finding.ForgedResource, id},
		"UpdatedAt": {
			"FSBP", func(r *finding.Raw) { set(&r.UpdatedAt, "today") }, finding.ForgedShape, "UpdatedAt",
		},
	}
}
