package apigateway_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	playbook "github.com/salve-security/salve/functions/playbooks/apigateway"
	"github.com/salve-security/salve/functions/playbooktest"
)

// The setting has two values, and nobody sets a third.
func TestCache(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		World: world(t), Control: playbook.Cache()[0], Seed: newREST(true), Observe: observeREST,
		Foreign: append(foreign(), v2), Unrelated: patch("/description", "of somebody else"),
		DisturbFact: patch("/cacheClusterEnabled", "false"),
		Delete:      deleteREST, Skip: map[string]string{playbooktest.CaseDrift: "a method's cache is encrypted or not"},
	})
}

// better: APIGateway.5 encrypts the cache of a stage that has no method settings yet
func TestCacheFailsWhereAWSDoes(t *testing.T) {
	says := func(on bool, all map[string]types.MethodSetting) playbooktest.StandIn {
		return playbooktest.Answers(&apigateway.GetStageOutput{CacheClusterEnabled: on, MethodSettings: all})
	}
	method := func(cached, encrypted bool) map[string]types.MethodSetting {
		return map[string]types.MethodSetting{
			"*/*": {}, "~1pets/GET": {CachingEnabled: cached, CacheDataEncrypted: encrypted},
		}
	}
	playbooktest.Judged(t, playbook.Cache()[0], rest, map[string]playbooktest.Shape{
		"no settings": {Answers: says(true, nil), Fails: true},
		"no cache":    {Answers: says(false, nil)},
		"off":         {Answers: says(false, method(true, false))},
		"plain":       {Answers: says(true, method(true, false)), Fails: true},
		"encrypted":   {Answers: says(true, method(true, true))},
		"not cached":  {Answers: says(true, method(false, false))},
		"all encrypted": {Answers: says(true, map[string]types.MethodSetting{
			"*/*": {CachingEnabled: true, CacheDataEncrypted: true},
		})},
	})
	c := playbook.Cache()[0]
	env := playbooktest.Env(t, c, rest, playbooktest.Unplugged(), says(true, nil))
	playbooktest.Planned(t, c, env, "  ~ CacheDataEncrypted.*/*: none → true\n")
}
