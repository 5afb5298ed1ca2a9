package deploy_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/deploy"
)

// TestInstanceProfile: a member has a profile to give to instances where it is told so, and by itself none. Its role
// may do what AWS says that an agent needs, and nothing else.
func TestInstanceProfile(t *testing.T) {
	none := newStack(t, deploy.Member(), map[string]string{
		"OrchestratorRoleArn": "arn:aws:iam::999999999999:role/salve-orchestrator", "OrgId": "o-abcdefghij",
	})
	for _, name := range []string{"ManagedInstanceRole", "ManagedInstanceProfile"} {
		if _, made := none.resources()[name]; made {
			t.Errorf("%s is made, and nobody asked for it", name)
		}
	}
	s := fullMember(t)
	role, profile := s.properties("ManagedInstanceRole"), s.properties("ManagedInstanceProfile")
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	managed, _ := controls.Get("SSM.1")
	params, err := managed.Resolve(nil)
	if err != nil || profile["InstanceProfileName"] != params.Text("InstanceProfileName") {
		t.Errorf("the profile is %v, and SSM.1 takes %v (%v)", profile["InstanceProfileName"], params, err)
	}
	if pin := lent()["iam:PassRole"][0]; !matches(pin, "arn:aws:iam::111111111111:role"+role["Path"].(string)+"x") {
		t.Errorf("roles of the path %v cannot be passed on: %s", role["Path"], pin)
	}
	policies := texts(t, role["ManagedPolicyArns"])
	want := []string{"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}
	if !slices.Equal(policies, want) || role["Policies"] != nil {
		t.Errorf("the role may do %v, %v", policies, role["Policies"])
	}
}

// tryInstanceProfile: the stack has made it, and its role may be given away.
func (d deployed) tryInstanceProfile(t *testing.T) {
	name := "salve-managed-instance"
	out, err := iam.NewFromConfig(d.Config(d.Members()[0], d.Region())).GetInstanceProfile(t.Context(),
		&iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err != nil {
		t.Fatal(err)
	}
	roles := out.InstanceProfile.Roles
	if len(roles) != 1 || aws.ToString(roles[0].Path) != "/salve/instances/" {
		t.Errorf("the profile's roles are %+v", roles)
	}
}
