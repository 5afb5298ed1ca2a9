package elasticbeanstalk_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticbeanstalk"
	"github.com/aws/aws-sdk-go-v2/service/elasticbeanstalk/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/elasticbeanstalk"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const arns = "arn:aws:elasticbeanstalk:us-east-1:222222222222:environment/"

// beanstalk stands in for the settings of environments, which the emulators lack.
//
//nolint:gochecknoglobals // the tests of this package share one lab, and the lab has one handler
var beanstalk = &service{all: map[string]map[string]string{}}

type service struct {
	mu  sync.Mutex
	all map[string]map[string]string // by environment, values by namespace and name
}

const (
	actions = "aws:elasticbeanstalk:managedactions"
	managed = actions + " ManagedActionsEnabled"
	level   = actions + ":platformupdate UpdateLevel"
	healthy = "aws:elasticbeanstalk:healthreporting:system SystemType"
)

func (s *service) set(key, value string) playbooktest.Act {
	return func(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all[strings.TrimPrefix(resource, arns)][key] = value
	}
}

// ServeHTTP answers the two calls, and lists environments for who looks at all.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm() // what it cannot read is not its
	action := r.Form.Get("Action")
	w.Header().Set("Content-Type", "text/xml")
	if action == "DescribeEnvironments" {
		_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult><Environments>%[2]s</Environments></%[1]sResult></%[1]sResponse>",
			action, s.list())
		return
	}
	is := s.all[r.Form.Get("ApplicationName")+"/"+r.Form.Get("EnvironmentName")]
	if is == nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, "<ErrorResponse><Error><Code>InvalidParameterValue</Code><Message>No Environment found for "+
			"EnvironmentName = 'web'.</Message></Error></ErrorResponse>")
		return
	}
	for n := 1; action == "UpdateEnvironment"; n++ {
		set, remove := fmt.Sprintf("OptionSettings.member.%d.", n), fmt.Sprintf("OptionsToRemove.member.%d.", n)
		if !r.Form.Has(set+"OptionName") && !r.Form.Has(remove+"OptionName") {
			break
		}
		delete(is, r.Form.Get(remove+"Namespace")+" "+r.Form.Get(remove+"OptionName"))
		if r.Form.Has(set + "OptionName") {
			is[r.Form.Get(set+"Namespace")+" "+r.Form.Get(set+"OptionName")] = r.Form.Get(set + "Value")
		}
	}
	var options strings.Builder
	for key, value := range is {
		namespace, name, _ := strings.Cut(key, " ")
		fmt.Fprintf(&options, "<member><Namespace>%s</Namespace><OptionName>%s</OptionName><Value>%s</Value></member>",
			namespace, name, value)
	}
	_, _ = fmt.Fprintf(w, "<%sResponse><%sResult><ConfigurationSettings><member>"+
		"<DeploymentStatus>deployed</DeploymentStatus><OptionSettings>%s</OptionSettings></member></ConfigurationSettings>"+
		"</%sResult></%sResponse>",
		action, action, &options, action, action)
}

// list are the environments that are there.
func (s *service) list() string {
	var all strings.Builder
	for id, is := range s.all {
		if application, name, _ := strings.Cut(id, "/"); is != nil {
			fmt.Fprintf(&all, "<member><EnvironmentArn>%s</EnvironmentArn><EnvironmentId>e-%s</EnvironmentId>"+
				"<ApplicationName>%s</ApplicationName><EnvironmentName>%s</EnvironmentName></member>",
				arns+id, name, application, name)
		}
	}
	return all.String()
}

func TestManagedUpdates(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Serving(t, "elasticbeanstalk", beanstalk), Control: playbook.ManagedUpdates()[0],
		Seed: func(context.Context, *testing.T, aws.Config) string {
			beanstalk.mu.Lock()
			defer beanstalk.mu.Unlock()
			name := "shop/" + rand.Text()
			beanstalk.all[name] = map[string]string{managed: "false", healthy: "enhanced"}
			return arns + name
		},
		Foreign: []string{"web", arns + "shop", arns + "shop/*", arns + "a*/web-1", arns + "shop/web-1/x"},
		Observe: func(_ context.Context, _ *testing.T, _ aws.Config, resource string) any {
			beanstalk.mu.Lock()
			defer beanstalk.mu.Unlock()
			return maps.Clone(beanstalk.all[strings.TrimPrefix(resource, arns)])
		},
		Disturb:   beanstalk.set(level, "minor"),
		Unrelated: beanstalk.set("aws:autoscaling:asg MaxSize", "7"),
		Delete: func(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
			beanstalk.mu.Lock()
			defer beanstalk.mu.Unlock()
			beanstalk.all[strings.TrimPrefix(resource, arns)] = nil
		},
	})
}

// says answers with the options of an environment whose settings are so.
func says(status types.ConfigurationDeploymentStatus, options ...string) playbooktest.StandIn {
	is := types.ConfigurationSettingsDescription{DeploymentStatus: status}
	for i := 0; i < len(options); i += 2 {
		namespace, name, _ := strings.Cut(options[i], " ")
		is.OptionSettings = append(is.OptionSettings, types.ConfigurationOptionSetting{
			Namespace: &namespace, OptionName: &name, Value: &options[i+1],
		})
	}
	return playbooktest.Answers(&elasticbeanstalk.DescribeConfigurationSettingsOutput{
		ConfigurationSettings: []types.ConfigurationSettingsDescription{is},
	})
}

func TestManagedUpdatesFailWhereAWSDoes(t *testing.T) {
	on := func(options ...string) playbooktest.StandIn {
		return says("deployed", append(options, healthy, "enhanced")...)
	}
	asked := func(level string) map[string]any { return map[string]any{"UpdateLevel": level} }
	gone := playbooktest.StandIn{"DescribeConfigurationSettings": func(any) (any, error) {
		return nil, &smithy.GenericAPIError{
			Code: "InvalidParameterValue", Message: "No Environment found for EnvironmentName = 'web'.",
		}
	}}
	c := playbook.ManagedUpdates()[0]
	playbooktest.Judged(t, c, arns+"My shop/web-1", map[string]playbooktest.Shape{
		"off":         {Answers: on(managed, "false"), Fails: true},
		"not said":    {Answers: on(), Fails: true},
		"patches":     {Answers: on(managed, "true", level, "patch")},
		"minor":       {Answers: on(managed, "true", level, "minor")},
		"minor asked": {Answers: on(managed, "true", level, "patch"), Params: asked("minor"), Fails: true},
		"as asked":    {Answers: on(managed, "true", level, "minor"), Params: asked("minor")},
		"more":        {Answers: on(managed, "true", level, "minor"), Params: asked("patch"), Class: fault.Refused},
		"basic health": {
			Answers: says("deployed", managed, "false"), Class: fault.Refused, Words: []string{"enhanced health"},
		},
		"on its way": {Answers: says("pending", managed, "true"), Class: fault.Retry},
		"deleted":    {Answers: gone, Class: fault.Gone},
	})
	for name, tc := range map[string]struct {
		options []string
		want    string
	}{
		"all":     {nil, "UpdateLevel: none → \"patch\""},
		"a level": {[]string{level, "minor", actions + " PreferredStartTime", "Mon:01:00"}, ""},
	} {
		env := playbooktest.Env(t, c, arns+"shop/web-1", playbooktest.Unplugged(), on(tc.options...))
		text := playbooktest.Got(c.Plan(t.Context(), env))(t).String()
		if !strings.Contains(text, tc.want) || strings.Contains(text, "PreferredStartTime") != (tc.options == nil) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// An environment that is being updated is busy, not wrong.
func TestBusyEnvironmentsAreTriedAgain(t *testing.T) {
	answers := says("deployed", managed, "false", healthy, "enhanced")
	answers["UpdateEnvironment"] = func(any) (any, error) {
		return nil, &smithy.GenericAPIError{
			Code:    "InvalidParameterValue",
			Message: "Environment named web is in an invalid state for this operation. Must be Ready.",
		}
	}
	c := playbook.ManagedUpdates()[0]
	env := playbooktest.Env(t, c, arns+"shop/web-1", playbooktest.Unplugged(), answers)
	playbooktest.Fails(t, c.Apply(t.Context(), env, playbooktest.Got(c.Plan(t.Context(), env))(t)), fault.Retry)
}
