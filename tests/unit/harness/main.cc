// SPDX-License-Identifier: MIT
/*
 * The host side of the unit tests: a GoogleTest program that has the whole kernel in it.
 *
 * The kernel's start-up code wants the process's first thread, so the tests run on a second one
 * with all signals blocked. The kernel is booted only when a test that needs it is selected.
 */
#include <gtest/gtest.h>

#include <kern/ktest_table.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// arch-host's main(), renamed.
extern "C" int vmlinux_main(int argc, char **argv);

namespace {

bool booting;
struct ktest_report bare_report;

void Report(const struct ktest *test, const struct ktest_report &report)
{
	if (report.skipped)
		GTEST_SKIP() << report.text;
	if (report.failures)
		ADD_FAILURE_AT(test->file, test->line) << report.text;
}

bool WaitFor(const unsigned int *word, unsigned int value, int seconds)
{
	for (long i = 0; i < seconds * 5000L; i++) {
		if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
			return true;
		usleep(200);
	}
	return false;
}

class KernelTest : public testing::Test {
public:
	KernelTest(const struct ktest *test, unsigned long index) : test_(test), index_(index) {}

	void TestBody() override
	{
		if (test_->flags & KTEST_F_BARE) {
			ktest_run_bare(test_, &bare_report);
			Report(test_, bare_report);
			return;
		}
		if (!WaitFor(&ktest_mailbox.ready, 1, 20)) {
			fprintf(stderr, "the kernel did not boot in 20 seconds\n");
			_exit(99);
		}
		ktest_mailbox.index = index_;
		__atomic_store_n(&ktest_mailbox.post, 1, __ATOMIC_RELEASE);
		// A test that hangs leaves a kernel that nobody can trust.
		if (!WaitFor(&ktest_mailbox.post, 0, 50)) {
			fprintf(stderr, "%s.%s did not end in 50 seconds\n", test_->suite,
				test_->name);
			_exit(98);
		}
		Report(test_, ktest_mailbox.report);
	}

private:
	const struct ktest *test_;
	unsigned long index_;
};

// Does any selected test need the kernel?
bool NeedsKernel()
{
	const testing::UnitTest *unit = testing::UnitTest::GetInstance();
	const struct ktest *tests;
	unsigned long n = ktest_table(&tests);

	if (GTEST_FLAG_GET(list_tests))
		return false;
	(void)unit;
	for (unsigned long i = 0; i < n; i++) {
		if (tests[i].flags & KTEST_F_BARE)
			continue;
		std::string name = std::string(tests[i].suite) + "." + tests[i].name;
		std::string filter = GTEST_FLAG_GET(filter);
		// A filter that names one test, or a list of them, exactly; else: yes.
		if (filter.find_first_of("*?-") != std::string::npos)
			return true;
		if ((":" + filter + ":").find(":" + name + ":") != std::string::npos)
			return true;
	}
	return false;
}

void *RunTests(void *)
{
	int status = RUN_ALL_TESTS();

	fflush(stdout);
	fflush(stderr);
	_exit(status);
}

}  // namespace

int main(int argc, char **argv)
{
	const struct ktest *tests;
	unsigned long n = ktest_table(&tests);
	sigset_t all, old;
	pthread_t thread;

	testing::InitGoogleTest(&argc, argv);
	for (unsigned long i = 0; i < n; i++) {
		const struct ktest *test = &tests[i];

		testing::RegisterTest(test->suite, test->name, nullptr, nullptr, test->file,
				      test->line, [=]() -> testing::Test * {
					      return new KernelTest(test, i);
				      });
	}
	booting = NeedsKernel();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, nullptr, RunTests, nullptr)) {
		fprintf(stderr, "no thread for the tests\n");
		return 1;
	}
	pthread_sigmask(SIG_SETMASK, &old, nullptr);
	if (!booting) {
		pthread_join(thread, nullptr);
		return 1;
	}
	// What is left of the command line goes to the kernel: unit [gtest flags] ncpus=4
	std::vector<char *> args = { strdup("unit"), strdup("mem=128M"), strdup("ncpus=2"),
				     strdup("quiet") };
	for (int i = 1; i < argc; i++)
		args.push_back(argv[i]);
	args.push_back(nullptr);
	return vmlinux_main(static_cast<int>(args.size()) - 1, args.data());
}
