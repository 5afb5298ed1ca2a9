package doctor_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	configtypes "github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/doctor"
	"github.com/salve-security/salve/internal/fault"
)

// status answers that Security Hub calls the account so.
func status(status string) func(*world, *doctor.Patient) {
	return says("securityhub:GetMembers", &securityhub.GetMembersOutput{Members: []hubtypes.Member{{
		AccountId: aws.String(account), MemberStatus: &status,
	}}})
}

// shut keeps everybody out of the account.
func shut(err error) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) { w.wrong["role "+account] = err }
}

// membershipTable breaks what makes the account's findings reach the hub.
func membershipTable() map[string]broken {
	return map[string]broken{
		"no member": {
			"member", says("securityhub:GetMembers", &securityhub.GetMembersOutput{}), doctor.Wrong, "is no member",
			"aws securityhub create-members --account-details AccountId=222222222222",
		},
		"removed":   {"member", status("Removed"), doctor.Wrong, "calls it Removed", "create-members"},
		"invited":   {"member", status("Invited"), doctor.Wrong, "has not accepted", "accept-administrator-invitation"},
		"no Region": {"member", status("RegionDisabled"), doctor.Wrong, "not opted in", "aws account enable-region"},
		"suspended": {"member", status("AccountSuspended"), doctor.Wrong, "is suspended", "reopen"},
		"Security Hub is off in the hub's Region": {
			"member", says("securityhub:GetMembers",
				&hubtypes.InvalidAccessException{}),
			doctor.Wrong, "is off in the hub", "enable-security-hub",
		},
		"the hub itself": {
			"member", func(_ *world, p *doctor.Patient) { p.Account = hubAccount }, doctor.OK,
			"the hub itself", "",
		},
		"a Region that is off": {
			"region", says("sts:GetCallerIdentity",
				&smithy.GenericAPIError{Code: "InvalidClientTokenId"}),
			doctor.Wrong, "has not opted in to eu-west-1", "aws account enable-region --account-id 222222222222",
		},
		"a control that is off": {"standard", says("securityhub:BatchGetSecurityControls",
			&securityhub.BatchGetSecurityControlsOutput{SecurityControls: []hubtypes.SecurityControl{{
				SecurityControlId: aws.String("S3.8"), SecurityControlStatus: hubtypes.ControlStatusDisabled,
			}}}), doctor.Wrong, "is disabled", "list-standards-control-associations --security-control-id S3.8"},
		"a control that is not there": {"standard", says("securityhub:BatchGetSecurityControls",
			&securityhub.BatchGetSecurityControlsOutput{}), doctor.Wrong, "has no control S3.8", ""},
		"Security Hub is off there": {
			"standard", says("securityhub:BatchGetSecurityControls",
				&hubtypes.InvalidAccessException{}),
			doctor.Wrong, "is off in 222222222222", "with credentials of 222222222222: aws securityhub enable-security-hub",
		},
	}
}

// recorderTable breaks AWS Config in the account.
func recorderTable() map[string]broken {
	return map[string]broken{
		"no recorder": {
			"recorder", says("configservice:DescribeConfigurationRecorders",
				&configservice.DescribeConfigurationRecordersOutput{}), doctor.Wrong, "has no recorder",
			"put-configuration-recorder",
		},
		"a recorder that is off": {
			"recorder", says("configservice:DescribeConfigurationRecorderStatus",
				&configservice.DescribeConfigurationRecorderStatusOutput{}), doctor.Wrong, "is stopped",
			"aws configservice start-configuration-recorder --configuration-recorder-name default",
		},
		"a type that is left out": {"recorder", func(w *world, _ *doctor.Patient) {
			w.answers["configservice:DescribeConfigurationRecorders"] = recording(configtypes.RecordingGroup{
				ResourceTypes: []configtypes.ResourceType{"AWS::EC2::Instance"},
			})
			w.found = nil
		}, doctor.Wrong, "does not record AWS::S3::Bucket", "AWS::S3::Bucket among resourceTypes"},
		"a type that is excluded": {"recorder", func(w *world, _ *doctor.Patient) {
			w.answers["configservice:DescribeConfigurationRecorders"] = recording(configtypes.RecordingGroup{
				ExclusionByResourceTypes: &configtypes.ExclusionByResourceTypes{
					ResourceTypes: []configtypes.ResourceType{"AWS::S3::Bucket"},
				},
			})
			w.found = nil
		}, doctor.Wrong, "does not record AWS::S3::Bucket", "resourceTypes"},
		"a type that is left out, of a control that goes by time": {
			"recorder", says(
				"configservice:DescribeConfigurationRecorders", recording(configtypes.RecordingGroup{})), doctor.OK,
			"is checked without AWS::S3::Bucket", "",
		},
		"a type that is named": {
			"recorder", says("configservice:DescribeConfigurationRecorders",
				recording(configtypes.RecordingGroup{ResourceTypes: []configtypes.ResourceType{"AWS::S3::Bucket"}})), doctor.OK,
			"records what", "",
		},
	}
}

// roleTable keeps the hub out of the account.
func roleTable() map[string]broken {
	scp := fault.Opening(denial("with an explicit deny in a service control policy"))
	left := fault.Opening(denial(""))
	return map[string]broken{
		"no role": {
			"role", shut(left), doctor.Wrong, "does not let us in",
			"salve deploy members --account 222222222222 --yes",
		},
		"an SCP": {
			"role", shut(scp), doctor.Wrong, "service control policy (SCP)",
			"have whoever owns that policy",
		},
		"STS is busy": {
			"role", shut(&smithy.GenericAPIError{Code: "Throttling"}), doctor.Unknown,
			"could not be tried", "",
		},
		"what is behind a role that is shut": {"template", shut(left), doctor.NotAsked, "see role", ""},
		"what is behind an SCP":              {"standard", shut(scp), doctor.NotAsked, "see role", ""},
	}
}

// trustTable breaks whom the role trusts, and how old it is.
func trustTable() map[string]broken {
	all := map[string]broken{}
	trusts := map[string]struct{ document, says string }{
		"a role that was deleted": {trustOf("AROAEXAMPLE", ""), "trusts a role that was deleted"},
		"another hub": {trustOf("arn:aws:iam::999999999999:role/salve-orchestrator", ""), "does not trust " +
			functionRole},
		"another id": {
			trustOf(functionRole, `,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}`), "wants another ExternalId",
		},
	}
	for name, c := range trusts {
		role := theRole()
		role.AssumeRolePolicyDocument = aws.String(c.document)
		all["trust in "+name] = broken{"trust", listed(role), doctor.Wrong, c.says, "salve deploy members --account"}
	}
	for name, c := range map[string]struct{ description, says, fix string }{
		"without a mark": {"A role", "is older than this", "salve deploy members --account"},
		"older":          {"(rights of 2020-01-01, 00000000)", "is older than this", "salve deploy members"},
		"newer":          {"(rights of 2999-01-01, 00000000)", "is newer than this release", "Upgrade"},
	} {
		role := theRole()
		role.Description = aws.String(c.description)
		all["a template "+name] = broken{"template", listed(role), doctor.Wrong, c.says, c.fix}
	}
	return all
}

func listed(role iamtypes.Role) func(*world, *doctor.Patient) {
	return func(w *world, _ *doctor.Patient) {
		w.answers["iam:ListRoles"] = &iam.ListRolesOutput{Roles: []iamtypes.Role{role}}
	}
}

// TestTypesOfConfig: what ASFF calls otherwise than AWS Config is found all the same, for every type that a recorder
// might have to record.
func TestTypesOfConfig(t *testing.T) {
	for asff, kind := range map[string]string{
		"AwsElbv2LoadBalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer", "AwsIamUser": "AWS::IAM::User",
		"AwsCertificateManagerCertificate": "AWS::ACM::Certificate", "AwsRdsDbInstance": "AWS::RDS::DBInstance",
	} {
		w := healthy()
		p := w.patient()
		// An account is recorded by none.
		p.Control, w.found = about(func(i *control.Info) { i.Resources = []string{asff, "AwsAccount"} }), nil
		w.answers["configservice:DescribeConfigurationRecorders"] = recording(configtypes.RecordingGroup{})
		if a := answer(t, p, "recorder"); a.Verdict != doctor.Wrong || !contains(a.Sentence, "does not record "+kind+",") {
			t.Errorf("%s: %+v", asff, a)
		}
	}
}

// TestWhoMayNotWork: who may not take the role that members trust learns that, and nothing of any member's role.
func TestWhoMayNotWork(t *testing.T) {
	w := healthy()
	w.wrong["work"] = denial("")
	p := w.patient()
	if a := answer(t, p, "role"); a.Verdict != doctor.NotAsked || !strings.Contains(a.Sentence, "see identity") {
		t.Errorf("%+v", a)
	}
	all, _, err := p.Accounts(t.Context())
	if fault.Of(err) != fault.Denied || len(all) > 0 || !strings.Contains(err.Error(), p.Role) {
		t.Errorf("%v %+v", err, all)
	}
}
