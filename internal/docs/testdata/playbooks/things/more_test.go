package things_test

func TestAnswers(t *testing.T) { playbooktest.Unanswered(t, playbook.Thing()[0]) }
