package things_test

func TestOther(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{Control: playbook.Other()[0], Skip: map[string]string{
		playbooktest.CaseGone: "somebody else's",
	}})
}
