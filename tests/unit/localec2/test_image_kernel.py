"""The kernel's recipe: options that do not survive are seen, and each input names another build."""

from infra.localec2.image.kernel import FRAGMENT, PATCHES, dropped, recipe_key

FRAGMENT_TEXT = "# asked\nCONFIG_SMP=y\nCONFIG_NR_CPUS=8\nCONFIG_MODULES=n\n"


def test_a_configuration_that_has_all_options_drops_none() -> None:
    config = "CONFIG_SMP=y\nCONFIG_NR_CPUS=8\n# CONFIG_MODULES is not set\n"
    assert dropped(FRAGMENT_TEXT, config) == []


def test_an_option_that_is_absent_was_dropped() -> None:
    assert dropped(FRAGMENT_TEXT, "CONFIG_SMP=y\n") == ["CONFIG_NR_CPUS=8"]


def test_an_option_with_another_value_was_dropped() -> None:
    assert dropped(FRAGMENT_TEXT, "CONFIG_SMP=y\nCONFIG_NR_CPUS=2\n") == ["CONFIG_NR_CPUS=8"]


def test_an_option_that_came_back_was_dropped() -> None:
    config = "CONFIG_SMP=y\nCONFIG_NR_CPUS=8\nCONFIG_MODULES=y\n"
    assert dropped(FRAGMENT_TEXT, config) == ["CONFIG_MODULES=n"]


def test_a_key_changes_with_fragment_patch_and_compiler() -> None:
    keys = {
        recipe_key("fragment", ["patch"], "gcc 12"),
        recipe_key("another", ["patch"], "gcc 12"),
        recipe_key("fragment", ["another"], "gcc 12"),
        recipe_key("fragment", ["patch", "and another"], "gcc 12"),
        recipe_key("fragment", ["patch"], "gcc 14"),
    }
    assert len(keys) == 5


def test_the_same_recipe_has_the_same_key() -> None:
    assert recipe_key("fragment", ["patch"], "gcc") == recipe_key("fragment", ["patch"], "gcc")


def test_the_fragment_names_every_option_once() -> None:
    lines = FRAGMENT.read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line.startswith("CONFIG_")]
    assert sorted(names) == sorted(set(names))


def test_the_patches_are_applied_in_order() -> None:
    lost_events, ipis, clock = PATCHES
    assert lost_events.name == "0001-um-irq-keep-epoll-results-local.patch"
    assert "-static struct epoll_event epoll_events" in lost_events.read_text()
    assert ipis.name == "0002-um-no-ipi-mask-without-other-cpus.patch"
    assert ipis.read_text().count("+	if (other_cpus)") == 2
    assert clock.name == "0003-um-vdso-tells-the-time.patch"
    assert "CONFIG_TIME_NS=n\n" in FRAGMENT.read_text(), "the clock's page is one for all"
